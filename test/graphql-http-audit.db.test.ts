import { type AuditResult, auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { listen } from './support/raw-http.ts';

/**
 * What the gateway does otherwise than the suite, all of it `MAY`: a GET without one of the guard's headers is refused, since
 * any site can make a browser send it.
 */
const exceptions: Readonly<Record<string, string>> = {
  '5A70': 'MAY accept application/x-www-form-urlencoded formatted GET requests',
  D6D5: 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  '6A70': 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
};

let gateway: TestGateway;
let results: readonly AuditResult[];

beforeAll(async () => {
  gateway = await openTestGateway();
  await using listening = await listen(gateway);
  results = await auditServer({ url: `http://127.0.0.1:${listening.port}/graphql` });
});

afterAll(() => gateway[Symbol.asyncDispose]());

it('speaks GraphQL over HTTP as the specification’s audit suite asks, but for the GETs that the guard refuses', () => {
  const failed = results.filter(({ status }) => status !== 'ok');
  expect(Object.fromEntries(failed.map(({ id, name }) => [id, name]))).toEqual(exceptions);
  expect(results.length - failed.length).toBe(58);
});

it('fails nothing that the specification requires or recommends', () => {
  expect(results.filter(({ status }) => status === 'error' || status === 'warn')).toEqual([]);
});
