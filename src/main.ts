import { type Server, createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppOptions, createApp } from './app.ts';
import type { Config } from './config.ts';
import { listen } from './listen.ts';
import { describeStart } from './start-message.ts';
import { gracePeriod } from './stop-signals.ts';

/** Milliseconds. A slow sender is cut off by the first two, looked for every `connectionsCheckingInterval`. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  // Longer than a balancer keeps a connection open, so that it never sends a request into a closing one.
  keepAliveTimeout: 65_000,
} as const;

/** A process that serves. `stop` refuses new connections, lets requests under way finish (10 s), and closes everything. */
export type RunningServer = { readonly port: number; readonly stop: () => Promise<void> };

/** Counts the requests under way and answers the way to close the server without cutting them off. */
function prepareClosing(server: Server): () => Promise<void> {
  let underWay = 0;
  server.on('request', (_, response) => {
    underWay += 1;
    response.once('close', () => (underWay -= 1));
  });
  return async () => {
    server.close();
    const deadline = performance.now() + gracePeriod;
    while (underWay > 0 && performance.now() < deadline) {
      server.closeIdleConnections();
      await delay(20);
    }
    server.closeAllConnections();
  };
}

/**
 * Opens the gateway, listens, and reports in lines to `log` where everything is. Throws a `ListenError` where it cannot listen,
 * and whatever `createApp` throws; nothing stays open then.
 */
export async function serve(
  config: Config,
  log: (line: string) => void = console.log,
  options: AppOptions = {},
): Promise<RunningServer> {
  const app = await createApp(config, options);
  try {
    const server = createServer(timeouts, app.server.listener);
    const close = prepareClosing(server);
    const organizations = await app.organizations();
    const hasKeys = await app.hasKeys();
    const port = await listen(server, config.http);
    for (const line of describeStart({ config, organizations, provisioned: app.provisioned, hasKeys })) log(line);
    const stop = async () => {
      app.endSubscriptions();
      await close();
      await app[Symbol.asyncDispose]();
    };
    return { port, stop };
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
}
