import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPersistedOperations } from '../src/graphql/persisted-operations.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';

const upsert = `mutation ($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome } }
}`;

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-operations-'));
  gateway = await openTestGateway({
    persistedOperations: await read(JSON.stringify({ upsert, hash: '{ __typename }' })),
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function read(text: string) {
  const file = path.join(folder, 'operations.json');
  await writeFile(file, text);
  return readPersistedOperations(file);
}

async function send(body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

describe('a persisted operation', () => {
  it('is executed by its documentId, with variables', async () => {
    const variables = { input: { reference: 'P-1', name: 'Persisted' } };
    expect(await send({ documentId: 'upsert', variables })).toEqual({
      data: { upsertCustomer: { outcome: 'CREATED' } },
    });
  });

  it('is executed by the hash of the persistedQuery extension', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'hash' } };
    expect(await send({ extensions })).toEqual({ data: { __typename: 'Query' } });
  });

  it('is not found by another id, and others may be sent whole', async () => {
    expect(await send({ documentId: 'none' })).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }],
    });
    expect(await send({ query: '{ organization { name } }' })).toEqual({ data: { organization: { name: 'entity1' } } });
  });
});

describe('a file of persisted operations', () => {
  it.each([
    ['is no JSON', '{', 'cannot read'],
    ['is no object of texts', '{"a":1}', 'must hold a JSON object of documents by id'],
    ['holds what is no document', '{"a":"{"}', 'a: Syntax Error'],
    [
      'holds a document of too much',
      JSON.stringify({ a: `{ ${'a '.repeat(2_501)} }` }),
      'a: A document may select 2500',
    ],
    [
      'holds an operation of too much',
      JSON.stringify({ a: `{ ${Array.from({ length: 51 }, (_, n) => `a${n}: __typename`).join(' ')} }` }),
      'a: An operation may select 50 fields',
    ],
    ['holds what does not fit the schema', '{"a":"{ nothing }"}', 'a: Cannot query field "nothing"'],
  ])('is refused at start where it %s', async (_, text, problem) => {
    await expect(read(text)).rejects.toThrow(problem);
    await expect(read(text)).rejects.toThrow(/^PERSISTED_OPERATIONS: /);
  });

  it('is refused at start where it is not there', async () => {
    await expect(readPersistedOperations(path.join(folder, 'none.json'))).rejects.toThrow('cannot read');
  });
});
