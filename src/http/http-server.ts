import { type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds. A slow sender is cut off by the first two, looked for every `connectionsCheckingInterval`; who takes nothing of
 * an answer, by the third.
 */
export const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  answerTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // Longer than a balancer keeps a connection open, so that it never sends a request into a closing one.
  keepAliveTimeout: 65_000,
};

export type Timeouts = Readonly<typeof timeouts>;

/** Node's server, and how to let go of its clients. */
export type HttpServer = {
  readonly server: Server;
  /** From now on every answer is the last of its connection, so that clients go elsewhere with the next request. */
  readonly letGo: () => void;
  /** Takes no new connections, lets requests under way finish for `grace` milliseconds, and closes everything. */
  readonly close: (grace: number) => Promise<void>;
};

/** Creates a server that ends what is slow; it does not listen yet. */
export function createHttpServer(
  listener: RequestListener,
  { answerTimeout, ...options }: Timeouts = timeouts,
): HttpServer {
  const server = createServer(options);
  // Node looks twice: at the first time it only notes how much is still to be taken.
  const lookAfter = answerTimeout / 2;
  server.timeout = lookAfter;
  const underWay = new Set<ServerResponse>();
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
  }, options.connectionsCheckingInterval).unref();
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
