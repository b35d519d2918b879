import { once } from 'node:events';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type HttpServerOptions, createHttpServer } from '../../src/http/http-server.ts';
import type { TestGateway } from './gateway.ts';

/** An answer as it came over the wire; `headers` in their order, names lower-cased, repeated ones repeated. */
export type RawAnswer = {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
};

export type Listening = AsyncDisposable & {
  readonly port: number;
  /** Asks for a path, and follows no redirect. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Resolves when every connection is closed and what came of that is over. */
  readonly becomeIdle: () => Promise<void>;
};

/** Puts a gateway on a free port, with the timeouts given or the usual ones. */
export async function listen(
  { server }: Pick<TestGateway, 'server'>,
  timeouts?: HttpServerOptions['timeouts'],
): Promise<Listening> {
  const { server: http } = createHttpServer(server.listener, { ...(timeouts && { timeouts }) });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    port,
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', ...init }),
    becomeIdle: async () => {
      while ((await promisify(http.getConnections.bind(http))()) > 0) await delay(5);
      await delay(20);
    },
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

/** A request as bytes: lines of a head, `Content-Length` and `Connection: close` unless told, and a body. */
export function toRequest(line: string, headers: Record<string, string>, body: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(body);
  const all: Record<string, string> = {
    host: 'gateway.test',
    connection: 'close',
    ...(bytes.length > 0 && !('transfer-encoding' in headers) && { 'content-length': String(bytes.length) }),
    ...headers,
  };
  const head = [`${line} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

/** Splits what a socket received into its first answer that is not 1xx; undefined while there is none. */
export function parseAnswer(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const [, status = '', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  if (status === '') throw new Error(`No status line: ${statusLine}`);
  const body = received.subarray(end + 4);
  if (status.startsWith('1')) return parseAnswer(body);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(status), reason, headers, body };
}

export type RawOptions = {
  /** Closes our side after the last byte, as a client that is cut off: `'end'` politely, `'destroy'` at once. */
  readonly then?: 'end' | 'destroy';
  /** How long an answer may take, in milliseconds. */
  readonly patience?: number;
};

/**
 * Sends bytes as they are and answers what came back until the server closed the connection; undefined where it closed it
 * without an answer. Throws where nothing happens for too long.
 */
export async function sendRaw(
  port: number,
  bytes: Uint8Array,
  options: RawOptions = {},
): Promise<RawAnswer | undefined> {
  const { then, patience = 60_000 } = options;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  try {
    return parseAnswer(await collect(socket, bytes, then, patience));
  } finally {
    socket.destroy();
  }
}

async function collect(socket: Socket, bytes: Uint8Array, then: RawOptions['then'], patience: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve).once('close', resolve);
    // A server may close while we still send; what it said before counts.
    socket.once('error', () => resolve());
    socket.setTimeout(patience, () =>
      reject(new Error(`Nothing for ${patience} ms after ${Buffer.concat(chunks).toString()}`)),
    );
  });
  socket.write(bytes, () => {
    if (then === 'end') socket.end();
    if (then === 'destroy') socket.destroy();
  });
  await closed;
  return Buffer.concat(chunks);
}

/** A header's values, in order. */
export function headerValues({ headers }: RawAnswer, wanted: string): readonly string[] {
  return headers.filter(([name]) => name === wanted).map(([, value]) => value);
}
