import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CliRun, runCommand } from './support/cli.ts';
import { type TestStorage, createProvisionedStorage, createTestStorage, findDatabaseKind } from './support/database.ts';
import { startSlowRequest } from './support/slow-request.ts';

const exampleFile = fileURLToPath(new URL('../examples/entity1.yaml', import.meta.url));
let storage: TestStorage;

beforeEach(async () => {
  storage = await createProvisionedStorage();
});

afterEach(() => storage[Symbol.asyncDispose]());

/** A port of the loopback interface that something else listens on until `free` is called. */
async function occupyPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, free: () => new Promise((resolve) => server.close(resolve)) };
}

type Serving = { port: number; message: string; signals: EventEmitter; done: Promise<CliRun> };

/** `customer-gateway serve` on a free port, from the moment it waits for a signal. */
async function startServe(settings: Readonly<Record<string, string>> = {}): Promise<Serving> {
  const { port, free } = await occupyPort();
  await free();
  const signals = new EventEmitter();
  let message = '';
  const done = runCommand(['serve'], {
    env: { ...storage.env, PORT: String(port), LOG_LEVEL: 'error', ...settings },
    signals,
    onOut: (out) => (message = out),
  });
  const ready = vi.waitUntil(() => signals.listenerCount('SIGTERM') > 0, { timeout: 60_000 });
  const early = done.then(({ err }) => Promise.reject(new Error(err)));
  await Promise.race([ready, early]);
  return { port, message, signals, done };
}

async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** Asks over one of the agent's connections; tells whether that was open already, and what becomes of it. */
async function get(port: number, path: string, agent: Agent) {
  const asking = request({ port, host: '127.0.0.1', path, agent }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  const { statusCode: status, headers } = response;
  return { status, connection: headers.connection, isReused: asking.reusedSocket };
}

describe('customer-gateway serve', () => {
  it("prints, once ready, a request that creates the contract's own customer", async () => {
    const { message, signals, done } = await startServe();
    const command = message.slice(message.indexOf('curl '));
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command.trimEnd()} --silent`]);
    signals.emit('SIGINT');
    expect(stdout).toMatch(/^HTTP\/1\.1 201 /);
    expect(stdout).toMatch(/"name": ?"Marie's Jewelry"/);
    expect(await done).toMatchObject({ code: 0, err: '' });
  });

  if (findDatabaseKind() === 'pglite')
    it('provisions an empty embedded database from the example, once', async () => {
      await using empty = await createTestStorage();
      const first = await startServe(empty.env);
      first.signals.emit('SIGTERM');
      await first.done;
      const second = await startServe(empty.env);
      second.signals.emit('SIGTERM');
      await second.done;
      expect(first.message).toMatch('  Organizations  entity1 (created just now from examples/entity1.yaml)\n');
      expect(second.message).toMatch('  Organizations  entity1\n');
    });

  if (findDatabaseKind() === 'postgres')
    it('leaves an empty server alone, and says how to provision it', async () => {
      await using empty = await createTestStorage();
      const { message, signals, done } = await startServe(empty.env);
      signals.emit('SIGTERM');
      await done;
      expect(message).toMatch(
        '  Organizations  none yet: customer-gateway provision examples/entity1.yaml creates one\n',
      );
    });

  it('finishes what is under way when it is told to stop, and takes nothing new', async () => {
    const { port, signals, done } = await startServe();
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    const { finish } = await startSlowRequest(port);
    signals.emit('SIGTERM');
    expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0);
    expect(await refusesConnections(port)).toBe(true);
    expect(await finish()).toMatch(/HTTP\/1\.1 201 /);
    expect(await done).toMatchObject({ code: 0, err: '' });
  });

  it('is not ready first and closes each connection with its next answer, then ends what is idle too', async () => {
    const { port, signals, done } = await startServe({ DRAIN_DELAY: '1' });
    const idle = connect(port, '127.0.0.1');
    const idleEnd = once(idle.resume(), 'close');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get(port, '/readyz', agent)).toEqual({ status: 200, connection: 'keep-alive', isReused: false });
    const slow = await startSlowRequest(port);
    signals.emit('SIGTERM');
    expect(await get(port, '/readyz', agent)).toEqual({ status: 503, connection: 'close', isReused: true });
    expect(await get(port, '/api/v1.0/regions/3', agent)).toEqual({
      status: 200,
      connection: 'close',
      isReused: false,
    });
    await expect.poll(() => refusesConnections(port), { timeout: 10_000 }).toBe(true);
    expect(await slow.finish()).toMatch(/HTTP\/1\.1 201 /);
    await idleEnd;
    expect(await done).toMatchObject({ code: 0, err: '' });
  });

  it('names PORT where something else listens on it, and leaves nothing open', async () => {
    const { port, free } = await occupyPort();
    const env = { ...storage.env, PORT: String(port) };
    const { code, out, err } = await runCommand(['serve'], { env });
    await free();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(`PORT ${port} on 127.0.0.1 is in use by another program: stop it, or set PORT to a free one.\n`);
    const next = await runCommand(['provision', exampleFile], { env: storage.env });
    expect({ code: next.code, err: next.err }).toEqual({ code: 0, err: '' });
  });
});
