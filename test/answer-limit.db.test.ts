import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../src/contract/limits.ts';
import { type GraphAnswer, type TestGateway, openTestGateway } from './support/gateway.ts';
import { listen, subscribe } from './support/live.ts';
import { upsertCategory, upsertCustomer } from './support/upserts.ts';

const { answerCharacters: most } = limits.graphql;
const longText = 'x'.repeat(limits.values.longestTextCharacters);

/** How many customers and categories have the longest text there is. */
const records = 5;
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

let gateway: TestGateway;

/** Categories one below the other, and customers in the lowest. */
beforeAll(async () => {
  gateway = await openTestGateway();
  for (let index = 0; index < records; index += 1) {
    const parent = { reference: index > 0 ? `c${index - 1}` : 'root' };
    await upsertCategory(gateway, { reference: `c${index}`, name: 'c', description: longText, parent });
  }
  const customerCategory = { reference: `c${records - 1}` };
  for (let index = 0; index < records; index += 1) {
    await upsertCustomer(gateway, { reference: `n${index}`, name: 'n', comment: longText, customerCategory });
  }
});

afterAll(() => gateway[Symbol.asyncDispose]());

function expectTooLong({ status, data, errors }: GraphAnswer, message: string): void {
  expect([status, data ?? undefined, errors?.map((error) => error.message)]).toEqual([400, undefined, [message]]);
  expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
}

const askForLess = `The answer would be longer than ${most} characters: ask for shorter pages (\`first\`, \`last\`), fewer fields, or in several requests.`;

describe('an answer', () => {
  const comments = (names: number) => `{ customers { nodes { ${times(names, (i) => `a${i}: comment`)} } } }`;
  const perRecord = most / records;
  const names = Math.ceil(perRecord / longText.length);

  it('is as long as the limit says and no longer, counted with its names and marks', async () => {
    const { status, data } = await gateway.graphql(comments(names - 3));
    expect(status).toBe(200);
    const { length } = JSON.stringify(data);
    expect(length).toBeLessThanOrEqual(most);
    expect(length + 3 * records * longText.length).toBeGreaterThan(most);
    expectTooLong(await gateway.graphql(comments(names)), askForLess);
  });

  it('is not made long by the names of its fields', async () => {
    const name = 'n'.repeat(4_000_000);
    const query = `{ customers { nodes { ...Long } edges { node { ...Long } } } } fragment Long on Customer { ${name}: id }`;
    expectTooLong(await gateway.graphql(query), askForLess);
  });

  it('is not made long by lists that have no pages', async () => {
    const long = times(names, (i) => `a${i}: description`);
    const query = `{ customerCategory(by: { reference: "c${records - 1}" }) { a: ancestors { ${long} } b: ancestors { ${long} } } }`;
    expectTooLong(await gateway.graphql(query), askForLess);
  });

  it('of a mutation says that it is done where it cannot be told', async () => {
    const long = times(2_400, (i) => `a${i}: comment`);
    const half = (name: string) => `${name}: upsertCustomer(input: { reference: "n0", fax: "${name}" }) {
      ... on UpsertCustomerSuccess { customer { ...Long } } }`;
    const mutation = `mutation { ${half('first')} ${half('second')} } fragment Long on Customer { ${long} }`;
    expectTooLong(
      await gateway.graphql(mutation),
      `It is done, but the answer would be longer than ${most} characters: select fewer fields, and read the rest by queries.`,
    );
    const { data } = await gateway.graphql('{ customer(by: { reference: "n0" }) { fax } }');
    expect(data).toEqual({ customer: { fax: 'second' } });
  });

  it('of a subscription is an error in its place, and the next change comes as usual', async () => {
    await using server = await listen(gateway.server);
    const long = times(2_000, (i) => `a${i}: description`);
    const subscription = `subscription { customerChanged { reference customer { customerCategory { ancestors { ${long} } } } } }`;
    const events = await subscribe(server.url, subscription);
    const change = async (reference: string, customerCategory: string) => {
      await upsertCustomer(gateway, { reference, name: 'n', customerCategory: { reference: customerCategory } });
      return events.next();
    };
    expect(await change('long', `c${records - 1}`)).toMatchObject({ errors: [{ message: askForLess }] });
    expect(await change('short', 'c0')).toMatchObject({ data: { customerChanged: { reference: 'short' } } });
    events.close();
  });
});
