import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { createApiKey, prefixOf } from '../src/auth/api-key.ts';
import type { AuthConfig } from '../src/config/auth.ts';
import type { RateConfig } from '../src/config/rate.ts';
import { revokeApiKey } from '../src/services/api-keys.ts';
import { createFigures } from '../src/telemetry/figures.ts';
import { createLog } from '../src/telemetry/log.ts';
import { createKey, keysOnly, neighbour } from './support/callers.ts';
import { type GraphAnswer, type TestGateway, anybody, encodeForm, graphqlRequest } from './support/gateway.ts';
import { openTestGateway, publicUrl, readResponse } from './support/gateway.ts';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.ts';
import { type LiveServer, listen, subscribe } from './support/live.ts';
import { parseAnswer, headerValues, toRequest } from './support/raw-http.ts';
import { createReferences, expectDone, expectFailure } from './support/rest.ts';
import { type CountedDatabase, countStatements } from './support/statements.ts';

/** An operation that asks the database for nothing. */
const empty = '{ __typename }';
const who = '{ organization { name } }';
const upsertMany = 'mutation ($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs) { created } }';
const exhausted = 'The caller has no calls left for now: Retry-After says when the next is answered.';
const suspicious =
  'Too many credentials from this address were not valid: Retry-After says when the next is looked at.';
const freshReference = createReferences('limited');

/** As many bad credentials as an address may send at once, and one more each second. */
const attempts = 20;

/** Calls so many a minute, one behind proxies that are one after the other. */
function limit(count: number | undefined, proxies = 1): RateConfig {
  return {
    calls: count === undefined ? undefined : { count, window: 60_000 },
    failedAttempts: { count: attempts, window: attempts * 1_000 },
    trustedProxies: { count: proxies },
  };
}

let clock: number;
let gateway: TestGateway;
let provider: IdentityProvider;

beforeAll(async () => {
  clock = Date.now();
  const now = () => new Date(clock);
  provider = await startIdentityProvider(now);
  gateway = await openTestGateway({ auth: keysOnly, now });
  await gateway.provision(neighbour);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

/** A server of its own over the gateway's database, with nobody counted yet. */
type Limited = AsyncDisposable & { readonly url: string; readonly counted: CountedDatabase };

async function serve(rate: RateConfig, auth: AuthConfig = keysOnly): Promise<Limited> {
  const counted = countStatements(gateway.deps.db);
  const live: LiveServer = await listen(composeServer({ ...gateway.deps, db: counted.db, auth, rate, publicUrl }));
  return { url: live.url, counted, [Symbol.asyncDispose]: () => live[Symbol.asyncDispose]() };
}

/** Headers of a request. */
type Sent = Readonly<Record<string, string>>;

async function callGraphql({ url }: Limited, headers: Sent, query = empty, variables = {}) {
  const { headers: own, ...request } = graphqlRequest(query, variables);
  const response = await fetch(`${url}/graphql`, { ...request, headers: { ...(own as object), ...headers } });
  const body = (await response.json()) as Omit<GraphAnswer, 'status'>;
  return { status: response.status, headers: response.headers, body };
}

async function callRest({ url }: Limited, headers: Sent, address = 'users/1', fields?: Record<string, string>) {
  const form = fields && { method: 'POST', body: encodeForm(fields) };
  return readResponse(await fetch(`${url}/api/v1.0/${address}`, { headers, ...form }));
}

/** What an answer says of the calls that are left. */
function readLimits({ status, headers }: { readonly status: number; readonly headers: Headers }) {
  const [limit, remaining, reset, retryAfter] = [
    'ratelimit-limit',
    'ratelimit-remaining',
    'ratelimit-reset',
    'retry-after',
  ].map((name) => headers.get(name));
  return { status, limit, remaining, reset, retryAfter };
}

/** The statuses of so many calls with as many credentials, one after the other. */
async function tryOut(server: Limited, count: number, toHeaders: () => Sent | Promise<Sent>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    statuses.push((await callGraphql(server, await toHeaders())).status);
  }
  return statuses;
}

const withKey = (key: string): Sent => ({ 'x-api-key': key });

describe('a caller', () => {
  it('is told at both doors how many calls it has left, and refused at both when it has none', async () => {
    await using server = await serve(limit(5));
    const mine = withKey(await createKey(gateway));
    const post = () => callRest(server, mine, `customers/reference/${freshReference()}`, { name: 'x' });
    const told = [
      await callGraphql(server, mine),
      await callRest(server, mine),
      await post(),
      await callRest(server, mine, 'nowhere'),
      await callGraphql(server, mine, '{ nothing }'),
    ].map(readLimits);
    const allowed = { limit: '5', retryAfter: null };
    expect(told).toEqual([
      { ...allowed, status: 200, remaining: '4', reset: '12' },
      { ...allowed, status: 200, remaining: '3', reset: '24' },
      { ...allowed, status: 201, remaining: '2', reset: '36' },
      { ...allowed, status: 404, remaining: '1', reset: '48' },
      { ...allowed, status: 200, remaining: '0', reset: '12' },
    ]);
    const refused = { status: 429, limit: '5', remaining: '0', reset: '12', retryAfter: '12' };
    const graphql = await callGraphql(server, mine);
    expect(readLimits(graphql)).toEqual(refused);
    expect(graphql.body).toEqual({
      errors: [{ message: exhausted, extensions: { code: 'TOO_MANY_REQUESTS' } }],
    });
    for (const rest of [await callRest(server, mine), await post()]) {
      expect(readLimits(rest)).toEqual(refused);
      expectFailure(rest, 429, 'too_many_requests', exhausted);
    }
  });

  it('goes on as its calls come back, one after the other', async () => {
    await using server = await serve(limit(3));
    const mine = withKey(await createKey(gateway));
    const statuses = () => tryOut(server, 4, () => mine);
    expect(await statuses()).toEqual([200, 200, 200, 429]);
    clock += 19_999;
    expect(readLimits(await callRest(server, mine))).toMatchObject({ status: 429, retryAfter: '1' });
    clock += 1;
    expect(await statuses()).toEqual([200, 429, 429, 429]);
    clock += 60_000;
    expect(await statuses()).toEqual([200, 200, 200, 429]);
  });

  it('takes nothing from other keys of its organization, nor from other organizations', async () => {
    await using server = await serve(limit(2));
    const keys = [
      await createKey(gateway),
      await createKey(gateway),
      await createKey(gateway, { organization: 'neighbour' }),
    ];
    for (const key of keys) expect(await tryOut(server, 3, () => withKey(key))).toEqual([200, 200, 429]);
  });

  it('is whom a token is of, in an organization, however many tokens there are', async () => {
    await using server = await serve(limit(2), provider.auth);
    const bring = (claims: object) => async () => ({
      authorization: `Bearer ${await provider.sign({ claims: { jti: freshReference(), ...claims } })}`,
    });
    expect(await tryOut(server, 3, bring({ sub: 'emp-001' }))).toEqual([200, 200, 429]);
    expect(await tryOut(server, 3, bring({ sub: 'emp-002' }))).toEqual([200, 200, 429]);
    expect(await tryOut(server, 3, bring({ sub: 'emp-001', organization: 'neighbour' }))).toEqual([200, 200, 429]);
    expect(await tryOut(server, 3, bring({}))).toEqual([200, 200, 429]);
  });

  it('is the machine where calls need no credential', async () => {
    await using server = await serve(limit(2), anybody);
    const local = { 'x-organization': 'entity1' };
    expect(await tryOut(server, 3, () => local)).toEqual([200, 200, 429]);
    expectFailure(await callRest(server, { 'x-organization': 'neighbour' }), 429, 'too_many_requests', exhausted);
  });

  it('may call as often as it likes where there is no limit, and is told of none', async () => {
    await using server = await serve(limit(undefined));
    const mine = withKey(await createKey(gateway));
    const none = { limit: null, remaining: null, reset: null, retryAfter: null };
    expect(readLimits(await callGraphql(server, mine))).toEqual({ status: 200, ...none });
    expect(readLimits(await callRest(server, mine))).toEqual({ status: 200, ...none });
  });

  it('is not told of calls while nobody knows who it is, nor for pages that need no credential', async () => {
    await using server = await serve(limit(5));
    const none = { limit: null, remaining: null, reset: null, retryAfter: null };
    expect(readLimits(await callGraphql(server, {}))).toEqual({ status: 401, ...none });
    const page = await fetch(server.url);
    expect(readLimits(page)).toEqual({ status: 200, ...none });
  });

  it('has a call less for every ten items of a bulk upsert, which later calls wait for', async () => {
    await using server = await serve(limit(10));
    const mine = withKey(await createKey(gateway));
    const push = async (count: number) => {
      const inputs = Array.from({ length: count }, () => ({ reference: freshReference(), name: 'x' }));
      const answer = await callGraphql(server, mine, upsertMany, { inputs });
      return { ...readLimits(answer), data: answer.body.data };
    };
    expect(await push(31)).toMatchObject({ data: { upsertCustomers: { created: 31 } }, remaining: '5' });
    expect(await push(100)).toMatchObject({ data: { upsertCustomers: { created: 100 } }, remaining: '0' });
    // 15 calls of 10 are spent: 5 come back before the next.
    expect(readLimits(await callRest(server, mine))).toMatchObject({ status: 429, retryAfter: '42' });
    clock += 42_000;
    expect((await callRest(server, mine)).status).toBe(200);
  });

  it('counts once for a subscription, which goes on when there are no calls left', async () => {
    await using server = await serve(limit(2));
    const mine = withKey(await createKey(gateway));
    const [reference, other] = [freshReference(), freshReference()];
    // What earlier tests changed may come into the feed only now.
    const changed = 'subscription ($own: [String!]) { customerChanged(filter: { references: $own }) { reference } }';
    const events = await subscribe(server.url, changed, { own: [reference, other] }, mine);
    const next = events.next();
    expectDone(await callRest(server, mine, `customers/reference/${reference}`, { name: 'x' }), 'created');
    expect(await next).toEqual({ data: { customerChanged: { reference } } });
    expect((await callRest(server, mine)).status).toBe(429);
    // By now its key is asked for again.
    clock += 6_000;
    const again = events.next();
    const somebody = withKey(await createKey(gateway));
    expectDone(await callRest(server, somebody, `customers/reference/${other}`, { name: 'x' }), 'created');
    expect(await again).toEqual({ data: { customerChanged: { reference: other } } });
    events.close();
  });
});

describe('a call over the limit', () => {
  it('changes nothing', async () => {
    await using server = await serve(limit(1));
    const mine = withKey(await createKey(gateway));
    const reference = freshReference();
    await callGraphql(server, mine);
    const before = server.counted.statements;
    expect((await callRest(server, mine, `customers/reference/${reference}`, { name: 'x' })).status).toBe(429);
    const inputs = [{ reference, name: 'x' }];
    expect((await callGraphql(server, mine, upsertMany, { inputs })).status).toBe(429);
    expect(server.counted.statements).toBe(before);
    clock += 60_000;
    expect((await callRest(server, mine, `customers/reference/${reference}`)).status).toBe(404);
  });

  it.each([
    ['a form', 'POST /api/v1/customers/reference/a', { 'content-type': 'multipart/form-data; boundary=b' }],
    ['an operation', 'POST /graphql', { 'content-type': 'application/json' }],
    ['an upload', 'POST /graphql', { 'content-type': 'multipart/form-data; boundary=b', 'x-graphql-yoga-csrf': '1' }],
  ])('is refused before anything of the body of %s is read', async (_, line, headers) => {
    await using server = await serve(limit(1));
    const mine = withKey(await createKey(gateway));
    await callGraphql(server, mine);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(toRequest(line, { ...mine, ...headers, connection: 'keep-alive', 'content-length': '20000000' }));
    const chunks: Buffer[] = [];
    while (!parseAnswer(Buffer.concat(chunks))) chunks.push(...((await once(socket, 'data')) as [Buffer]));
    socket.destroy();
    const answer = parseAnswer(Buffer.concat(chunks));
    expect(answer?.status).toBe(429);
    expect(answer && headerValues(answer, 'retry-after')).toEqual(['60']);
  });

  it('is a request of its status among the figures', async () => {
    const figures = createFigures();
    const log = createLog({ level: 'silent', write: () => undefined });
    const telemetry = { log, logsAll: false, figures, tracing: undefined };
    const { deps } = gateway;
    await using live = await listen(composeServer({ ...deps, auth: keysOnly, rate: limit(1), publicUrl, telemetry }));
    const headers = withKey(await createKey(gateway));
    for (let count = 0; count < 3; count += 1) await (await fetch(`${live.url}/api/v1/users/1`, { headers })).text();
    const cells = () => [...figures.requests.list()].map(({ labels, value }) => [labels['status'], value]);
    await expect.poll(cells).toEqual([
      ['200', 1],
      ['429', 2],
    ]);
  });
});

describe('credentials that are not valid', () => {
  const from = (address: string, key: string): Sent => ({ 'x-forwarded-for': address, 'x-api-key': key });
  /** An address that nobody has called from, which a trusted proxy tells. */
  const addresses = createReferences('2001:db8:0');
  let address: string;

  beforeEach(() => {
    const [, number = ''] = addresses().split('-');
    address = `2001:db8:0:${number}::1`;
  });

  /** Uses up what an address may try, many at once. */
  async function flood(server: Limited): Promise<number[]> {
    const tries = Array.from({ length: attempts }, () => callGraphql(server, from(address, createApiKey())));
    return (await Promise.all(tries)).map(({ status }) => status);
  }

  it('are refused with 429 after so many from one address, without asking the database', async () => {
    await using server = await serve(limit(undefined));
    expect(new Set(await flood(server))).toEqual(new Set([401]));
    expect(server.counted.statements).toBe(attempts);
    const headers = () => from(address, createApiKey());
    const graphql = await callGraphql(server, headers());
    expect(readLimits(graphql)).toMatchObject({ status: 429, remaining: null, retryAfter: '1' });
    expect(graphql.body.errors).toEqual([{ message: suspicious, extensions: { code: 'TOO_MANY_REQUESTS' } }]);
    expectFailure(await callRest(server, headers()), 429, 'too_many_requests', suspicious);
    expect(server.counted.statements).toBe(attempts);
  });

  it('are looked at again as time goes by, and from other addresses all the time', async () => {
    await using server = await serve(limit(undefined));
    await flood(server);
    const neighbourNetwork = address.replace('db8:0:', 'db8:1:');
    const [inside, outside] = [address.replace('::1', ':ffff::2'), neighbourNetwork].map((each) =>
      tryOut(server, 2, () => from(each, createApiKey())),
    );
    expect([await inside, await outside]).toEqual([
      [429, 429],
      [401, 401],
    ]);
    clock += 1_000;
    expect(await tryOut(server, 2, () => from(address, createApiKey()))).toEqual([401, 429]);
  });

  it('do not shut out who called from that address before, however long ago', async () => {
    await using server = await serve(limit(undefined), provider.auth);
    const key = await createKey(gateway);
    const token = await provider.sign();
    const bringToken = { 'x-forwarded-for': address, authorization: `Bearer ${token}` };
    expect((await callGraphql(server, from(address, key), who)).status).toBe(200);
    expect((await callGraphql(server, bringToken, who)).status).toBe(200);
    await flood(server);
    clock += 5_000;
    await flood(server);
    expect((await callGraphql(server, from(address, key), who)).status).toBe(200);
    expect((await callGraphql(server, bringToken, who)).status).toBe(200);
    const fresh = await createKey(gateway);
    expect((await callGraphql(server, from(address, fresh))).status).toBe(429);
    clock += attempts * 1_000;
    expect((await callGraphql(server, from(address, fresh))).status).toBe(200);
  });

  it('count once in five seconds where they are the same, so that a revoked key in a loop shuts nobody out', async () => {
    await using server = await serve(limit(undefined));
    const key = await createKey(gateway);
    expect((await callGraphql(server, from(address, key))).status).toBe(200);
    await revokeApiKey(gateway.database.db, { prefix: prefixOf(key) }, new Date(clock));
    clock += 5_000;
    const before = server.counted.statements;
    const statuses = await tryOut(server, attempts + 10, () => from(address, key));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(server.counted.statements).toBe(before + 1);
    expect((await callGraphql(server, from(address, await createKey(gateway)))).status).toBe(200);
  });

  it('are not those that turn out good, nor those that nobody could look at', async () => {
    await using server = await serve(limit(undefined));
    server.counted.failure = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    expect(new Set(await flood(server))).toEqual(new Set([503]));
    server.counted.failure = undefined;
    for (let index = 0; index < 3; index += 1) {
      expect((await callGraphql(server, from(address, await createKey(gateway)))).status).toBe(200);
    }
    expect(new Set(await flood(server))).toEqual(new Set([401]));
  });

  it('of tokens count likewise', async () => {
    await using server = await serve(limit(undefined), provider.auth);
    const bring = () => ({ 'x-forwarded-for': address, authorization: `Bearer e30.${freshReference()}.e30` });
    expect(new Set(await tryOut(server, attempts, bring))).toEqual(new Set([401]));
    expect(await tryOut(server, 1, bring)).toEqual([429]);
    // One that is mistyped costs nothing, and is told so.
    expect(await tryOut(server, 1, () => from(address, 'cgw_mistyped'))).toEqual([401]);
  });

  it('are of the connection’s address where no proxy is trusted', async () => {
    await using server = await serve(limit(undefined, 0));
    await flood(server);
    const other = '203.0.113.77';
    expect(await tryOut(server, 1, () => from(other, createApiKey()))).toEqual([429]);
    const forged = { ...from(other, createApiKey()), 'x-peer-address': other };
    expect((await callGraphql(server, forged)).status).toBe(429);
  });
});
