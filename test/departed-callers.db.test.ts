import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { everythingExposed } from '../src/config/exposure.ts';
import { createFigures } from '../src/telemetry/figures.ts';
import { createLog } from '../src/telemetry/log.ts';
import { type TestGateway, anybody, openTestGateway, publicUrl } from './support/gateway.ts';
import { listen, toRequest } from './support/raw-http.ts';
import { watch } from './support/watch.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** A server whose writes are answered when the gate opens, and what it sees of its callers meanwhile. */
function createHeldServer() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const figures = createFigures();
  const closed: ServerResponse[] = [];
  const lines: string[] = [];
  const log = createLog({ level: 'warn', write: (line) => lines.push(line) });
  const { listener } = composeServer({
    ...gateway.deps,
    db: watch(gateway.deps.db, { after: (isWrite) => (isWrite ? opened : undefined) }),
    auth: anybody,
    publicUrl,
    exposure: everythingExposed,
    corsOrigins: [],
    telemetry: { log, logsAll: false, figures, tracing: undefined },
  });
  const server: typeof gateway.server = {
    listener: (request, response) => {
      response.once('close', () => closed.push(response));
      listener(request, response);
    },
  };
  return { server, open, figures, closed, lines };
}

const asForm = (reference: string, name: string) =>
  toRequest(
    `POST /api/v1.0/customers/reference/${reference}`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    `name=${name}`,
  );

const asOperation = (reference: string, name: string) =>
  toRequest(
    'POST /graphql',
    { 'content-type': 'application/json' },
    JSON.stringify({
      query: 'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { __typename } }',
      variables: { input: { reference, name } },
    }),
  );

it.each([
  ['form', asForm],
  ['operation', asOperation],
])('whoever hangs up before the turn of their %s has nothing written', async (door, toBytes) => {
  const { server, open, figures, closed, lines } = createHeldServer();
  await using listening = await listen({ server });
  const send = async (name: string) => {
    const socket = connect({ port: listening.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.write(toBytes(`departed-${door}`, name));
    return socket;
  };
  const readLoad = () => figures.queues.get('customers')?.();
  const first = await send('first');
  await expect.poll(readLoad).toEqual({ waiting: 0, running: 1 });
  const second = await send('second');
  await expect.poll(readLoad).toEqual({ waiting: 1, running: 1 });

  second.destroy();
  await expect.poll(() => closed.length).toBe(1);
  first.resume();
  open();
  await once(first, 'close');

  await expect.poll(readLoad).toEqual({ waiting: 0, running: 0 });
  const rows = gateway.deps.db.selectFrom('customers').select(['name', 'version']);
  expect(await rows.where('reference', '=', `departed-${door}`).execute()).toEqual([{ name: 'first', version: 1 }]);
  expect(Array.from(figures.upserts.list(), ({ labels: { outcome }, value }) => [outcome, value])).toEqual([
    ['created', 1],
    ['abandoned', 1],
  ]);
  expect(lines).toEqual([]);
});
