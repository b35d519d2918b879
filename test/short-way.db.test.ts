import { getIntrospectionQuery } from 'graphql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayOptions, type TestGateway, openTestGateway } from './support/gateway.ts';

/** A request's parameters, and what is answered. */
type Params = { readonly query: string } & Readonly<Record<string, unknown>>;
type Answer = { readonly status: number; readonly type: string | null; readonly text: string };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
  for (const reference of ['a', 'b', 'c']) await create(reference);
});

afterAll(() => gateway[Symbol.asyncDispose]());

async function send(params: object, to: TestGateway = gateway): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await to.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(params) });
  const text = (await answer.text()).replace(/"requestId":"[^"]*"/g, '"requestId":"-"');
  return { status: answer.status, type: answer.headers.get('content-type'), text };
}

async function open(options: GatewayOptions): Promise<TestGateway> {
  return await openTestGateway(options);
}

async function create(reference: string): Promise<void> {
  const query = 'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { __typename } }';
  expect(await send({ query, variables: { input: { reference, name: reference } } })).toMatchObject({ status: 200 });
}

/** The same document, as the gateway has not met it before. */
function asNew(params: Params): Params {
  return { ...params, query: `${params.query} # ${Math.random()}` };
}

/** Expects that who sends a document that was answered well before is told the same as who sends a new one. */
async function expectSameAsNew(params: Params, good: object): Promise<Answer> {
  expect(await send({ ...params, ...good })).toMatchObject({ status: 200 });
  expect((await send({ ...params, ...good })).text).not.toContain('"errors"');
  const known = await send(params);
  expect(known).toEqual(await send(asNew(params)));
  return known;
}

const pages = `query Pages($first: Int, $after: String) {
  customers(first: $first, after: $after) {
    nodes { reference customerCategory { customers(first: $first) { nodes { customerCategory { customers(first: $first) { nodes { name } } } } } } }
  }
}`;

describe('an operation that was met before', () => {
  it('is answered as the first time', async () => {
    const params = { query: pages, variables: { first: 2 } };
    const first = await send(params);
    expect(first).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
    expect(first.text).toContain('"reference":"a"');
    expect(await send(params)).toEqual(first);
    expect(await send({ ...params, operationName: null })).toEqual(first);
    expect(await send({ ...params, extensions: {} })).toEqual(first);
  });

  it.each([
    ['its variables do not fit', { variables: { first: 'many' } }],
    ['its variables are a list', { variables: [1] }],
    ['its variables make it cost too much', { variables: { first: 250 } }],
    ['a page that cannot be is asked for', { variables: { first: -1 } }],
    ['a cursor is none', { variables: { first: 1, after: 'none' } }],
    ['another operation is named', { variables: { first: 1 }, operationName: 'Others' }],
    ['an operation is named by no text', { variables: { first: 1 }, operationName: 7 }],
    ['something unknown is beside it', { variables: { first: 1 }, sender: 'me' }],
  ])('is told the same as a new one where %s', async (_, wrong) => {
    const { status, text } = await expectSameAsNew({ query: pages, ...wrong }, goodPages(wrong));
    expect([status, text]).toEqual([expect.any(Number), expect.stringContaining('"errors"')]);
  });

  function goodPages(wrong: object): object {
    const nothing = Object.fromEntries(Object.keys(wrong).map((name) => [name, undefined]));
    return { ...nothing, variables: { first: 1 } };
  }

  it('is carried out once where what is selected of its answer fails', async () => {
    const query = `mutation ($input: UpsertCustomerInput!, $first: Int, $after: String) {
      upsertCustomer(input: $input, mode: CREATE_ONLY) {
        ... on UpsertCustomerSuccess {
          outcome customer { version customerCategory { customers(first: $first, after: $after) { nodes { id } } } }
        }
        ... on UpsertFailure { errors { code } }
      }
    }`;
    const upsert = (reference: string, page: object) => {
      return {
        query,
        variables: { input: { reference, name: 'x', customerCategory: { reference: 'root' } }, ...page },
      };
    };
    for (const reference of ['once-1', 'once-2']) {
      expect((await send(upsert(reference, { first: 1 }))).text).toContain('"outcome":"CREATED"');
    }
    const failing = await send(upsert('once-3', { first: 1, after: 'none' }));
    expect(failing).toEqual(await send(asNew(upsert('once-4', { first: 1, after: 'none' }))));
    expect(failing.text).toContain('`after` is no cursor');
    expect(await readVersions('once-3', 'once-4')).toEqual([1, 1]);
  });

  async function readVersions(...references: readonly string[]): Promise<readonly number[]> {
    const { rows } = await sql<{ version: number }>`
      select version from customers where reference = any (${references}::text[])`.execute(gateway.deps.db);
    return rows.map(({ version }) => version);
  }

  it('is masked, and named by its request, where it fails unexpectedly', async () => {
    await using broken = await open({});
    const params = { query: '{ customers { nodes { name } } }' };
    for (let time = 0; time < 2; time += 1) expect(await send(params, broken)).toMatchObject({ status: 200 });
    await sql`alter table customers rename to lost`.execute(broken.deps.db);
    const answer = await send(params, broken);
    expect(answer).toEqual(await send(asNew(params), broken));
    expect(answer.text).toContain('"message":"Unexpected error."');
    expect(answer.text).toContain('"requestId"');
  });

  it('does not tell of the schema where that is closed, by its name or as a text', async () => {
    const introspection = getIntrospectionQuery();
    const exposure = { graphiql: false, introspection: false };
    await using closed = await open({ exposure, persistedOperations: new Map([['schema', introspection]]) });
    for (let time = 0; time < 2; time += 1) {
      for (const params of [{ documentId: 'schema' }, { query: introspection }]) {
        const { text } = await send(params, closed);
        expect(text.slice(0, 400)).toContain('INTROSPECTION_DISABLED');
      }
    }
  });
});
