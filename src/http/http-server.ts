import { type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. A slow sender is cut off by the first two, looked for every `connectionsCheckingInterval`. */
export const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // Longer than a balancer keeps a connection open, so that it never sends a request into a closing one.
  keepAliveTimeout: 65_000,
} as const;

/** Node's server, and how to let go of its clients. */
export type HttpServer = {
  readonly server: Server;
  /** From now on every answer is the last of its connection, so that clients go elsewhere with the next request. */
  readonly letGo: () => void;
  /** Takes no new connections, lets requests under way finish for `grace` milliseconds, and closes everything. */
  readonly close: (grace: number) => Promise<void>;
};

/** Creates a server that ends what is slow; it does not listen yet. */
export function createHttpServer(listener: RequestListener): HttpServer {
  const server = createServer(timeouts);
  const underWay = new Set<ServerResponse>();
  let isLettingGo = false;
  const letGo = () => {
    isLettingGo = true;
    for (const response of underWay) response.shouldKeepAlive = false;
  };
  server.on('request', (_, response) => {
    response.shouldKeepAlive &&= !isLettingGo;
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  server.on('request', listener);
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
