import { sql } from 'kysely';
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
      `The operation was executed, but its answer would be longer than ${most} characters: select fewer fields, and read the rest by queries.`,
    );
    const { data } = await gateway.graphql('{ customer(by: { reference: "n0" }) { fax } }');
    expect(data).toEqual({ customer: { fax: 'second' } });
  });

  it('of a subscription is an error in its place, and the next change comes as usual', async () => {
    // What earlier tests changed may come into the feed only now.
    await using server = await listen(gateway.server);
    const long = times(2_000, (i) => `a${i}: description`);
    const subscription = `subscription { customerChanged(filter: { references: ["long", "short"] }) { reference customer { customerCategory { ancestors { ${long} } } } } }`;
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

describe('ancestors', () => {
  const depth = limits.graphql.ancestors;
  /** The level is how many categories are above it. */
  const above = (level: number) => `customerCategory(by: { reference: "level-${level}" }) { ancestors { id } }`;

  /** A tree of one line, one level deeper than can be answered. */
  beforeAll(async () => {
    await sql`
      with root as (select organization_id, id from customer_categories where is_root)
      insert into customer_categories (organization_id, id, reference, name, is_root, parent_id)
      select organization_id, 1000000 + level, 'level-' || level, 'c', false, case level when 1 then id else 999999 + level end
      from root, generate_series(1, ${depth}::integer + 1) level`.execute(gateway.deps.db);
  });

  it('are answered from the root down, each once for every category it is above', async () => {
    const { data } = await gateway.graphql(`{ first: ${above(3)} second: ${above(3)} other: ${above(2)} }`);
    const line = [{ id: expect.any(String) as string }, { id: '1000001' }, { id: '1000002' }];
    expect(data).toEqual({
      first: { ancestors: line },
      second: { ancestors: line },
      other: { ancestors: line.slice(0, 2) },
    });
  });

  it('are so many of an operation and no more', async () => {
    const { data } = await gateway.graphql(`{ ${above(depth)} }`);
    expect(data).toMatchObject({ customerCategory: { ancestors: { length: depth } } });
    const beyond = [`{ ${above(depth + 1)} }`, `{ a: ${above(depth / 2 + 1)} b: ${above(depth / 2)} }`];
    for (const query of beyond) {
      const { status, errors } = await gateway.graphql(query);
      expect([status, errors?.[0]?.extensions]).toEqual([400, { code: 'BAD_USER_INPUT' }]);
      expect(errors?.[0]?.message).toMatch(
        /more than 10000 (ancestors|categories above these): ask for those of fewer/,
      );
    }
  });

  it('are counted anew for every event of a subscription', async () => {
    await using server = await listen(gateway.server);
    const level = depth * 0.6;
    const subscription = `subscription { customerChanged(filter: { references: ["deep-1", "deep-2"] }) { customer { customerCategory { ancestors { id } } } } }`;
    const events = await subscribe(server.url, subscription);
    for (const reference of ['deep-1', 'deep-2']) {
      await upsertCustomer(gateway, { reference, name: 'n', customerCategory: { reference: `level-${level}` } });
      const event = { customer: { customerCategory: { ancestors: { length: level } } } };
      expect(await events.next()).toMatchObject({ data: { customerChanged: event } });
    }
    events.close();
  });
});
