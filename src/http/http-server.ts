import { type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../contract/limits.ts';
import { Crowd } from '../crowd.ts';
import { limitConnections } from './connections.ts';
import { whenOver } from './when-over.ts';

const { connections } = limits;

/** Milliseconds, as Node calls them. A slow sender is cut off by the first two, who takes nothing of an answer by the third. */
export const timeouts = {
  headersTimeout: connections.headersMillis,
  requestTimeout: connections.requestMillis,
  answerTimeout: connections.answerMillis,
  connectionsCheckingInterval: connections.checkedEveryMillis,
  keepAliveTimeout: connections.idleMillis,
};

/** What a server may have other than usual. */
export type HttpServerOptions = {
  readonly timeouts?: Readonly<Record<keyof typeof timeouts, number>>;
  readonly mostConnections?: number;
  readonly mostUnsentBytes?: number;
};

/** Node's server, and how to let go of its clients. */
export type HttpServer = {
  readonly server: Server;
  /** From now on every answer is the last of its connection, so that clients go elsewhere with the next request. */
  readonly letGo: () => void;
  /** Takes no new connections, lets requests under way finish for `grace` milliseconds, and closes everything. */
  readonly close: (grace: number) => Promise<void>;
};

/** Cuts off those clients that leave most of their answers untaken, until what waits for all keeps within so many bytes. */
function limitUnsent(answers: Iterable<ServerResponse>, most: number): void {
  const unsent = new Map<Socket, number>();
  let total = 0;
  for (const { req, writableLength } of answers) {
    if (writableLength === 0) continue;
    unsent.set(req.socket, (unsent.get(req.socket) ?? 0) + writableLength);
    total += writableLength;
  }
  for (const [socket, bytes] of [...unsent].sort(([, a], [, b]) => b - a)) {
    if (total <= most) return;
    total -= bytes;
    socket.destroy();
  }
}

/** Creates a server with the limits of all, which ends what is slow; it does not listen yet. */
export function createHttpServer(listener: RequestListener, options: HttpServerOptions = {}): HttpServer {
  const { answerTimeout, ...times } = options.timeouts ?? timeouts;
  const server = createServer({ ...times, maxHeaderSize: connections.headerBytes });
  // One more shows that there are too many: Node drops the rest without a word.
  server.maxHeadersCount = connections.headers + 1;
  limitConnections(server, options.mostConnections ?? connections.atOnce);
  // Node looks twice: at the first time it only notes how much is still to be taken.
  const lookAfter = answerTimeout / 2;
  server.timeout = lookAfter;
  const underWay = new Crowd<ServerResponse>();
  const mostUnsent = options.mostUnsentBytes ?? connections.unsentBytes;
  let isLettingGo = false;
  const letGo = () => {
    isLettingGo = true;
    for (const response of underWay) response.shouldKeepAlive = false;
  };
  server.on('request', (_, response) => {
    response.shouldKeepAlive &&= !isLettingGo;
    const place = underWay.add(response);
    // Who reads nothing is ended; an answer that takes long to come, such as a change to a subscriber, is not.
    response.on('timeout', (socket: Socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
    whenOver(response, () => underWay.remove(response, place));
  });
  server.on('request', listener);
  // What turns answers into Node's takes the time limit off the sockets of streams.
  const renewal = setInterval(() => {
    for (const { socket } of underWay) if (socket?.timeout === 0) socket.setTimeout(lookAfter);
    limitUnsent(underWay, mostUnsent);
  }, times.connectionsCheckingInterval).unref();
  server.once('close', () => clearInterval(renewal));
  const close = async (grace: number) => {
    letGo();
    server.close();
    const deadline = performance.now() + grace;
    while (underWay.size > 0 && performance.now() < deadline) {
      server.closeIdleConnections();
      await delay(20);
    }
    server.closeAllConnections();
  };
  return { server, letGo, close };
}
