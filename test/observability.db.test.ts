import { mkdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { openDatabase } from '../src/db/client.ts';
import { listMissingMigrations, migrateToLatest } from '../src/db/migrate.ts';
import { createFigures } from '../src/telemetry/figures.ts';
import { createLog } from '../src/telemetry/log.ts';
import { createDisturber } from './support/admin.ts';
import { listAskedFigures } from './support/dashboard.ts';
import { createProvisionedStorage, createTestStorage, findDatabaseKind, type TestStorage } from './support/database.ts';
import {
  type TestGateway,
  anybody,
  encodeForm,
  graphqlRequest,
  openTestGateway,
  publicUrl,
} from './support/gateway.ts';
import { headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';
import { type Samples, listNames, parseScrape, subtract } from './support/scrape.ts';
import { type LogLine, type Served, parseLog, startServed } from './support/served.ts';
import { receiveTraces } from './support/trace-receiver.ts';

const customerPath = '/api/v1.0/customers/reference/';
const upsertCustomer = `mutation Put($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome } ... on UpsertFailure { errors { code } } }
}`;
const upsertCustomers = `mutation($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs) { failed } }`;

let storage: TestStorage;
let served: Served;

beforeAll(async () => {
  storage = await createProvisionedStorage();
  served = await startServed({ ...storage.env, ACCESS_LOG: 'on' });
});

afterAll(async () => {
  await served.stop();
  await storage[Symbol.asyncDispose]();
});

function postCustomer(reference: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(served.address + customerPath + reference, { method: 'POST', body: encodeForm(fields), headers });
}

function postGraphql(query: string, variables: Record<string, unknown>, headers: Record<string, string> = {}) {
  const { headers: usual, ...request } = graphqlRequest(query, variables);
  const all = new Headers(usual);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return fetch(`${served.address}/graphql`, { ...request, headers: all });
}

async function scrapeText(): Promise<string> {
  const response = await fetch(`${served.operators}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

async function scrape(): Promise<Samples> {
  return parseScrape(await scrapeText());
}

async function readiness(address = served.operators): Promise<readonly [number, unknown]> {
  const response = await fetch(`${address}/readyz`);
  return [response.status, await response.json()];
}

const allFine = { database: 'ok', migrations: 'ok', imageStore: 'ok', process: 'ok' };
const ready = [200, { status: 'ready', checks: allFine }];
const notReady = (wrong: Record<string, string>) => [503, { status: 'not ready', checks: { ...allFine, ...wrong } }];

describe('/metrics', () => {
  it('counts exactly what was asked for, at both doors', async () => {
    const before = await scrape();
    await postCustomer('counted', { name: 'Counted' });
    await postCustomer('counted', { name: 'Counted' });
    await postCustomer('counted', { name: 'Counted', billingLat: 'north' });
    await postGraphql(upsertCustomer, { input: { reference: 'counted', name: 'Counted again' } });
    await postGraphql(upsertCustomers, {
      inputs: [
        { reference: 'counted', name: 'Once more' },
        { reference: 'other', name: '' },
      ],
    });
    await fetch(`${served.address}${customerPath}counted`);
    await fetch(`${served.address}/${'x'.repeat(50)}`);
    await fetch(`${served.address}/livez`);
    await sendRaw(served.port, toRequest('GET /', { host: 'a b' }));
    const expected = {
      '{route="/api/customers/reference/{reference}",method="POST",status="201"}': 2,
      '{route="/api/customers/reference/{reference}",method="POST",status="400"}': 1,
      '{route="/api/customers/reference/{reference}",method="GET",status="200"}': 1,
      '{route="/graphql",method="POST",status="200"}': 2,
      '{route="other",method="GET",status="404"}': 1,
      '{route="/livez",method="GET",status="200"}': 1,
      '{route="/",method="GET",status="400"}': 1,
    };
    const grown = async () => subtract(await scrape(), before, 'customer_gateway_http_requests_total');
    await expect.poll(grown).toEqual(expected);
    const after = await scrape();
    expect(subtract(after, before, 'customer_gateway_upserts_total')).toEqual({
      '{kind="customers",door="rest",outcome="created"}': 1,
      '{kind="customers",door="rest",outcome="unchanged"}': 1,
      '{kind="customers",door="rest",outcome="refused"}': 1,
      '{kind="customers",door="graphql",outcome="updated"}': 2,
      '{kind="customers",door="graphql",outcome="refused"}': 1,
    });
    expect(subtract(after, before, 'customer_gateway_upsert_batch_size_count')).toEqual({ '{kind="customers"}': 4 });
    expect(subtract(after, before, 'customer_gateway_upsert_batch_size_bucket')).toMatchObject({
      '{le="1",kind="customers"}': 4,
      '{le="+Inf",kind="customers"}': 4,
    });
    const durations = subtract(after, before, 'customer_gateway_http_request_duration_seconds_count');
    expect(durations).toMatchObject({ '{route="/graphql"}': 2, '{route="other"}': 1 });
  });

  it('tells of queues, image jobs, the pool and the event loop', async () => {
    const samples = await scrape();
    for (const queue of ['customers', 'customer_categories', 'bulk', 'images']) {
      expect(samples.get(`customer_gateway_queue_jobs{queue="${queue}",state="waiting"}`)).toBe(0);
      expect(samples.get(`customer_gateway_queue_jobs{queue="${queue}",state="running"}`)).toBe(0);
    }
    expect(samples.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    const pooled = samples.get('customer_gateway_database_connections{state="idle"}');
    expect(pooled === undefined).toBe(findDatabaseKind() === 'pglite');
  });

  it('is not at the main port where it has one of its own, which has nothing else', async () => {
    expect((await fetch(`${served.address}/metrics`)).status).toBe(404);
    expect((await fetch(`${served.operators}/graphql`)).status).toBe(404);
  });

  it('has every figure that the dashboard asks for', async () => {
    const names = listNames(await scrapeText());
    const asked = await listAskedFigures();
    const isPooled = (name: string) => name.startsWith('customer_gateway_database_');
    const expected = findDatabaseKind() === 'pglite' ? asked.filter((name) => !isPooled(name)) : asked;
    expect(expected.length).toBeGreaterThan(15);
    expect(expected.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('a request’s id', () => {
  const idOf = (response: Response) => response.headers.get('x-request-id');

  it('is taken over if it is harmless, answered at both doors, and stands in the log', async () => {
    const headers = { 'x-request-id': 'Order_7.retry-2' };
    expect(idOf(await postCustomer('named', { name: 'Named' }, headers))).toBe('Order_7.retry-2');
    expect(idOf(await postGraphql('{ __typename }', {}, headers))).toBe('Order_7.retry-2');
    expect(idOf(await fetch(`${served.address}/nowhere`, { headers }))).toBe('Order_7.retry-2');
    const lines = () => parseLog(served.log()).filter(({ requestId }) => requestId === 'Order_7.retry-2');
    await expect
      .poll(() => lines().map(({ route, status }) => [route, status]))
      .toEqual([
        ['/api/customers/reference/{reference}', 201],
        ['/graphql', 200],
        ['other', 404],
      ]);
  });

  it.each(['', 'a b', 'ü', '"', 'a'.repeat(129), '<script>'])('is a new one where %j was sent', async (sent) => {
    const answer = await sendRaw(served.port, toRequest('GET /livez', { 'x-request-id': sent }));
    const [id] = answer ? headerValues(answer, 'x-request-id') : [];
    expect(id).toMatch(/^[\w.-]{1,128}$/);
    expect(id).not.toBe(sent);
  });

  it('is answered where the listener ends the request itself', async () => {
    const answer = await sendRaw(served.port, toRequest('GET /', { host: 'a b', 'x-request-id': 'ended-early' }));
    expect(answer && [answer.status, headerValues(answer, 'x-request-id')]).toEqual([400, ['ended-early']]);
  });
});

describe('/livez and /readyz', () => {
  it.each(['/livez', '/readyz'])('%s answers GET and HEAD alone, and asks for nothing', async (address) => {
    for (const base of [served.address, served.operators]) {
      const got = await fetch(base + address, { headers: { 'x-organization': 'nobody' } });
      expect([got.status, got.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const head = await fetch(base + address, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const posted = await fetch(base + address, { method: 'POST' });
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('is ready while everything is there', async () => {
    expect(await readiness()).toEqual(ready);
  });

  it('is not ready while the folder of the images is gone, and then again', async () => {
    const folder = path.join(storage.env['DATA_DIR'] ?? '', 'images');
    await readiness();
    await rm(folder, { recursive: true });
    await expect.poll(readiness, { timeout: 10_000 }).toEqual(notReady({ imageStore: 'unavailable' }));
    await mkdir(path.join(folder, '.incoming'), { recursive: true });
    await expect.poll(readiness, { timeout: 10_000 }).toEqual(ready);
    const told = parseLog(served.log()).filter(({ message }) => String(message).includes('ready'));
    expect(told.map(({ level, message }) => [level, message])).toEqual(
      expect.arrayContaining([
        ['warn', 'not ready'],
        ['info', 'ready again'],
      ]),
    );
  });

  if (findDatabaseKind() === 'postgres')
    it('is not ready while the database takes no connections, alive all the same, and then ready again', async () => {
      await using database = createDisturber(storage.env['DATABASE_URL'] ?? '');
      await database.close();
      const wrong = { database: 'unreachable', migrations: 'unknown' };
      await expect.poll(readiness, { timeout: 10_000 }).toEqual(notReady(wrong));
      expect((await fetch(`${served.address}/livez`)).status).toBe(200);
      await database.open();
      await expect.poll(readiness, { timeout: 10_000 }).toEqual(ready);
    });

  it('knows which migrations a database lacks', async () => {
    await using empty = await createTestStorage();
    await using database = await openDatabase(empty.settings);
    const all = await listMissingMigrations(database.db);
    expect(all[0]).toBe('0001-customers');
    await migrateToLatest(database.db);
    expect(await listMissingMigrations(database.db)).toEqual([]);
    await sql`delete from kysely_migration where name = ${all.at(-1)}`.execute(database.db);
    expect(await listMissingMigrations(database.db)).toEqual(all.slice(-1));
  });
});

describe('a process that is told to stop', () => {
  it('is not ready first, and serves on until DRAIN_DELAY is over and what is under way is finished', async () => {
    await using own = await createProvisionedStorage();
    const draining = await startServed({ ...own.env, DRAIN_DELAY: '1', LOG_LEVEL: 'silent' });
    expect(await readiness(draining.operators)).toEqual(ready);
    const socket = connect(draining.port, '127.0.0.1');
    const head = [`POST ${customerPath}slow HTTP/1.1`, 'Host: localhost', 'Content-Length: 9', 'Connection: close'];
    const type = 'Content-Type: application/x-www-form-urlencoded';
    socket.write([...head, type, 'Expect: 100-continue', '', 'name='].join('\r\n'));
    await once(socket, 'data');
    const stopped = draining.stop();
    const expected = notReady({ process: 'draining' });
    expect(await readiness(draining.address)).toEqual(expected);
    const late = await fetch(`${draining.address}${customerPath}late`, {
      method: 'POST',
      body: encodeForm({ name: 'n' }),
    });
    expect(late.status).toBe(201);
    expect(await readiness(draining.operators)).toEqual(expected);
    socket.write('Slow');
    expect(await text(socket)).toMatch(/HTTP\/1\.1 201 /);
    await stopped;
    await expect(fetch(`${draining.operators}/livez`)).rejects.toThrow('fetch failed');
  });
});

describe('the log', () => {
  const secret = 'Marie Curie of Sceaux';
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await openTestGateway();
    await sql`alter table customers add constraint no_curies check (name not like 'Marie Curie%')`.execute(
      gateway.database.db,
    );
  });

  afterAll(() => gateway[Symbol.asyncDispose]());

  async function send(address: string, init: RequestInit): Promise<{ response: Response; log: string }> {
    let log = '';
    const telemetry = {
      log: createLog({ level: 'debug', write: (line) => (log += line) }),
      logsAll: true,
      figures: createFigures(),
      tracing: undefined,
    };
    const server = composeServer({ ...gateway.deps, auth: anybody, publicUrl, telemetry });
    await using door = await listen({ ...gateway, server });
    const headers = new Headers(init.headers);
    headers.set('x-request-id', 'the-failing-one');
    const response = await fetch(`http://127.0.0.1:${door.port}${address}`, { ...init, headers });
    return { response, log };
  }

  const failures = (log: string): LogLine[] => parseLog(log).filter(({ level }) => level === 'error');
  const failure = {
    requestId: 'the-failing-one',
    message: 'a request failed',
    error: { code: '23514', constraint: 'no_curies', table: 'customers' },
  };

  it('names the request and the constraint of a failure at the REST door, and nothing of the customer', async () => {
    const address = `${customerPath}${encodeURIComponent(secret)}`;
    const { response, log } = await send(address, { method: 'POST', body: encodeForm({ name: secret }) });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: 'server_error',
      error_description: 'Oops! Something went wrong...',
    });
    expect(failures(log)).toMatchObject([failure]);
    expect(log).not.toMatch(/Marie|Curie|Sceaux/);
  });

  it('does so at the GraphQL door, whose answer has the request’s id', async () => {
    const init = graphqlRequest(upsertCustomer, { input: { reference: secret, name: secret } });
    const { response, log } = await send('/graphql', init);
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'Unexpected error.', extensions: { requestId: 'the-failing-one' } }],
    });
    expect(failures(log)).toMatchObject([failure]);
    expect(log).not.toMatch(/Marie|Curie|Sceaux/);
  });

  it('does so for an item of several', async () => {
    const inputs = [{ reference: secret, name: secret }];
    const { response, log } = await send('/graphql', graphqlRequest(upsertCustomers, { inputs }));
    expect(await response.json()).toEqual({ data: { upsertCustomers: { failed: 1 } } });
    expect(failures(log)).toMatchObject([failure]);
    expect(log).not.toMatch(/Marie|Curie|Sceaux/);
  });
});

describe('traces', () => {
  it('follow a request from its caller down to the statements, and hold no values', async () => {
    await using own = await createProvisionedStorage();
    await using receiver = await receiveTraces();
    const traced = await startServed({ ...own.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, LOG_LEVEL: 'silent' });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const post = (reference: string, headers: Record<string, string> = {}) =>
      fetch(`${traced.address}${customerPath}${reference}`, {
        method: 'POST',
        body: encodeForm({ name: 'Untraceable' }),
        headers,
      });
    const caller = 'b7ad6b7169203331';
    await post('traced', { traceparent: `00-${traceId}-${caller}-01` });
    await Promise.all([post('first'), post('second'), post('third')]);
    await traced.stop();

    const { spans } = receiver;
    const within = spans.filter((span) => span.traceId === traceId);
    const require = (name: string) => {
      const found = within.find((span) => span.name === name);
      if (!found) throw new Error(`There is no span ${name} among ${within.map((span) => span.name).join(', ')}.`);
      return found;
    };
    const request = require('POST /api/customers/reference/{reference}');
    const operation = require('graphql mutation');
    const batch = require('upsert batch');
    expect(request.parentSpanId).toBe(caller);
    expect(operation.parentSpanId).toBe(request.spanId);
    expect(batch.parentSpanId).toBe(operation.spanId);
    const statements = within.filter((span) => span.name.startsWith('sql ') && span.parentSpanId === batch.spanId);
    expect(statements.length).toBe(2);
    expect(JSON.stringify(spans)).not.toContain('Untraceable');

    const batches = spans.filter(({ name }) => name === 'upsert batch');
    const sizes = batches.map(({ attributes }) =>
      Number(attributes.find(({ key }) => key === 'size')?.value['intValue']),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(4);
    // Each call is the parent of its write, or is linked to it.
    expect(batches.map(({ links }, index) => links.length - (sizes[index] ?? 0))).toEqual(batches.map(() => -1));
  });
});
