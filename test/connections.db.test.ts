import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { limits } from '../src/contract/limits.ts';
import { createHttpServer } from '../src/http/http-server.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { type RawAnswer, headerValues, parseAnswer, sendRaw, toRequest } from './support/raw-http.ts';

const most = 3;

let gateway: TestGateway;
let server: Server;
let port: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = await openTestGateway();
  server = createHttpServer(gateway.server.listener, { mostConnections: most }).server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

/** Waits until the server has seen that they are gone. */
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await expect.poll(() => new Promise((resolve) => void server.getConnections((_, count) => resolve(count)))).toBe(0);
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await gateway[Symbol.asyncDispose]();
});

async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const users = (headers: Record<string, string> = {}) => toRequest('GET /api/v1/users/1', headers);

function expectToComeAgain(answer: RawAnswer | undefined, text: string): void {
  const body = { error: 'service_unavailable', error_description: text };
  expect([answer?.status, JSON.parse(answer?.body.toString() ?? '')]).toEqual([503, body]);
  expect(answer && headerValues(answer, 'retry-after')).toEqual(['1']);
}

describe('connections', () => {
  it('beyond the limit get a 503 to their first request and are closed, those within it are served', async () => {
    const [first] = await Promise.all(Array.from({ length: most }, open));
    const form = toRequest('POST /api/v1/customers/reference/one-too-many', {
      'content-type': 'application/x-www-form-urlencoded',
      connection: 'keep-alive',
    });
    const refused = await sendRaw(port, Buffer.concat([form]));
    expectToComeAgain(refused, texts.tooManyConnections);
    expect(refused && headerValues(refused, 'connection')).toEqual(['close']);
    first?.write(users());
    const [received] = (await once(first ?? fail(), 'data')) as [Buffer];
    expect(parseAnswer(received)?.status).toBe(200);
  });

  it('are served again as soon as others have gone', async () => {
    const held = await Promise.all(Array.from({ length: most }, open));
    expectToComeAgain(await sendRaw(port, users()), texts.tooManyConnections);
    held[0]?.destroy();
    await expect.poll(async () => (await sendRaw(port, users()))?.status).toBe(200);
  });

  it('are closed without a word beyond those that can be told so', async () => {
    await Promise.all(Array.from({ length: most + limits.connections.refusedAtOnce }, open));
    expect(await sendRaw(port, users())).toBeUndefined();
  });
});

function fail(): never {
  throw new Error('There is no connection.');
}

describe('one connection', () => {
  it('may send so many requests ahead of their answers; those beyond get a 503, in order', async () => {
    const count = 3 * limits.connections.requestsAtOnce;
    const request = users({ connection: 'keep-alive' });
    const socket = await open();
    socket.write(Buffer.concat([...Array.from({ length: count - 1 }, () => request), users()]));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    const statuses = Buffer.concat(chunks)
      .toString()
      .match(/(?<=HTTP\/1\.1 )\d{3}/g);
    expect(statuses).toHaveLength(count);
    expect(new Set(statuses?.slice(0, limits.connections.requestsAtOnce))).toEqual(new Set(['200']));
    expect(new Set(statuses)).toEqual(new Set(['200', '503']));
  });
});

describe('the headers of a request', () => {
  const named = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-h-${index}`, 'v']));

  it('are as many as fit the limit, and none is lost; one more is a 431', async () => {
    const { headers } = limits.connections;
    expect((await sendRaw(port, users(named(headers - 2))))?.status).toBe(200);
    expect((await sendRaw(port, users(named(headers - 1))))?.status).toBe(431);
    expect((await sendRaw(port, users(named(5 * headers))))?.status).toBe(431);
  });

  it('of too many bytes are a 431', async () => {
    const { headerBytes } = limits.connections;
    expect((await sendRaw(port, users({ 'x-long': 'v'.repeat(headerBytes - 500) })))?.status).toBe(200);
    expect((await sendRaw(port, users({ 'x-long': 'v'.repeat(headerBytes) })))?.status).toBe(431);
  });
});
