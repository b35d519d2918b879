import { type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../contract/limits.ts';
import { limitConnections } from './connections.ts';

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

/**
 * Cuts off clients that do not take their answers, whoever was first seen to be so first, until what waits of all answers keeps
 * within so many bytes. It only knows what it has seen when it was asked before.
 */
function createUnsentLimit(most: number): (answers: Iterable<ServerResponse>) => void {
  const waiting = new Set<ServerResponse>();
  return (answers) => {
    const still = new Set([...answers].filter(({ writableLength }) => writableLength > 0));
    for (const answer of waiting) if (!still.has(answer)) waiting.delete(answer);
    for (const answer of still) waiting.add(answer);
    let bytes = 0;
    for (const { writableLength } of waiting) bytes += writableLength;
    for (const answer of waiting) {
      if (bytes <= most) return;
      bytes -= answer.writableLength;
      answer.destroy();
    }
  };
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
  const underWay = new Set<ServerResponse>();
  const limitUnsent = createUnsentLimit(options.mostUnsentBytes ?? connections.unsentBytes);
  let isLettingGo = false;
  const letGo = () => {
    isLettingGo = true;
    for (const response of underWay) response.shouldKeepAlive = false;
  };
  server.on('request', (_, response) => {
    response.shouldKeepAlive &&= !isLettingGo;
    underWay.add(response);
    // Who reads nothing is ended; an answer that takes long to come, such as a change to a subscriber, is not.
    response.on('timeout', (socket: Socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
    response.once('close', () => underWay.delete(response));
  });
  server.on('request', listener);
  // What turns answers into Node's takes the time limit off the sockets of streams.
  const renewal = setInterval(() => {
    for (const { socket } of underWay) if (socket?.timeout === 0) socket.setTimeout(lookAfter);
    limitUnsent(underWay);
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
