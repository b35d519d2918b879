import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { anybody, graphqlRequest, openTestGateway, type TestGateway } from './support/gateway.ts';
import { serveWith } from './support/callers.ts';
import { countStatements } from './support/statements.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
  await gateway.postCustomer('known', { name: 'Known' });
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** A gateway whose database can be taken away; where it `knows` its organization it has been asked before. */
async function openDisturbed({ knows }: { readonly knows: boolean }) {
  const counted = countStatements(gateway.database.db);
  const { fetch } = serveWith(gateway, anybody, counted.db);
  const query = (text: string) => fetch('/graphql', graphqlRequest(text, {}));
  if (knows) expect((await query('{ users { id } }')).status).toBe(200);
  counted.failure = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
  return { counted, fetch, query };
}

describe('while the database cannot be reached', () => {
  it.each([
    ['a record', '{ customer(by: { reference: "known" }) { name } }'],
    ['a list', '{ customers(first: 1) { totalCount nodes { name } } }'],
    ['reference data', '{ regions { id } users { id } }'],
    ['the feed of changes', '{ changes { endCursor } }'],
  ])('GraphQL answers 503 with Retry-After where %s is asked for', async (_, text) => {
    const { query } = await openDisturbed({ knows: true });
    const response = await query(text);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    const { errors } = (await response.json()) as { errors: readonly object[] };
    expect(errors[0]).toMatchObject({ message: texts.databaseAway, extensions: { code: 'SERVICE_UNAVAILABLE' } });
  });

  it('REST answers 503 with Retry-After where a record is asked for', async () => {
    const { fetch } = await openDisturbed({ knows: true });
    const response = await fetch('/api/v1.0/customers/reference/known');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toEqual({ error: 'service_unavailable', error_description: texts.databaseAway });
  });

  it('both doors answer 503 where not even the organization is known, and serve once it is back', async () => {
    const { counted, fetch, query } = await openDisturbed({ knows: false });
    const address = '/api/v1.0/customers/reference/known';
    const answers = [await query('{ users { id } }'), await fetch(address)];
    for (const { status, headers } of answers) expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    counted.failure = undefined;
    expect([(await query('{ users { id } }')).status, (await fetch(address)).status]).toEqual([200, 200]);
  });
});
