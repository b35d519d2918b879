import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callWith } from './support/callers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { type Listening, headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';
import { expectFailure } from './support/rest.ts';

const sentence = 'The page of another site made this request, or a name that is not the gateway’s.';

let gateway: TestGateway;
let http: Listening;

beforeAll(async () => {
  gateway = await openTestGateway();
  http = await listen(gateway);
});

afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

async function askUnder(host: string) {
  const headers = { host, 'content-type': 'application/json' };
  const graphql = await sendRaw(http.port, toRequest('POST /graphql', headers, '{"query":"{ __typename }"}'));
  const rest = await sendRaw(http.port, toRequest('GET /api/v1/users/1', { host }));
  return { graphql, rest };
}

describe('without authentication', () => {
  it.each([
    'localhost',
    'localhost:4000',
    '127.0.0.1:4000',
    '127.8.9.1',
    '[::1]:4000',
    'gateway.test',
    'GATEWAY.test:80',
  ])('the gateway answers under the name %s: its own, or this machine’s', async (host) => {
    const { graphql, rest } = await askUnder(host);
    expect([graphql?.status, rest?.status]).toEqual([200, 200]);
  });

  it.each(['evil.test', 'localhost.evil.test', 'evil.localhost:4000', '192.168.1.4', '0.0.0.0:4000', '128.0.0.1'])(
    'it answers nothing under %s, which a site may have made to lead here',
    async (host) => {
      const { graphql, rest } = await askUnder(host);
      expect([graphql?.status, rest?.status]).toEqual([403, 403]);
      expect(rest?.body.toString()).toBe(JSON.stringify({ error: 'forbidden', error_description: sentence }));
      expect(rest && headerValues(rest, 'www-authenticate')).toEqual([]);
    },
  );

  it('it takes no form from the page of another site, and others as ever', async () => {
    const from = (site: string) =>
      callWith(gateway, { 'sec-fetch-site': site }).rest('customers/reference/f', { name: 'x' });
    expectFailure(await from('cross-site'), 403, 'forbidden', sentence);
    for (const site of ['same-origin', 'same-site', 'none']) expect((await from(site)).status).toBe(201);
  });

  it('it asks for no credential, and heeds none', async () => {
    const headers = { authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': 'anything', cookie: 'JSESSIONID=old' };
    expect((await callWith(gateway, headers).graphql('{ __typename }')).status).toBe(200);
  });
});
