import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type App, type AppOptions, createApp } from './app.ts';
import type { Config } from './config.ts';
import { limits } from './contract/limits.ts';
import { createHttpServer } from './http/connections.ts';
import { createOperatorListener } from './http/operator-pages.ts';
import type { Limiters } from './limiters.ts';
import { listen } from './listen.ts';
import { describeStart } from './start-message.ts';
import { type Log, createLog } from './telemetry/log.ts';

/** A process that serves. */
export type RunningServer = {
  readonly port: number;
  readonly limiters: Limiters;
  /** Says from now on that it is not ready, goes on as before, and resolves once DRAIN_DELAY is over. */
  readonly drain: () => Promise<void>;
  /** Refuses new connections, lets requests under way finish (10 s), and closes everything. */
  readonly stop: () => Promise<void>;
};

/** Counts the requests under way and answers the way to close the server without cutting them off. */
function prepareClosing(server: Server): () => Promise<void> {
  let underWay = 0;
  server.on('request', (_, response) => {
    underWay += 1;
    response.once('close', () => (underWay -= 1));
  });
  return async () => {
    server.close();
    const deadline = performance.now() + limits.connections.stoppingMillis;
    while (underWay > 0 && performance.now() < deadline) {
      server.closeIdleConnections();
      await delay(20);
    }
    server.closeAllConnections();
  };
}

/** Listens where operators look, if that is a port of its own; answers how to close it. */
async function listenForOperators({ operatorPages }: App, { metrics }: Config['telemetry']): Promise<() => void> {
  if (metrics.kind !== 'own') return () => undefined;
  const server = createHttpServer(createOperatorListener(operatorPages));
  await listen(server, metrics.http, { port: 'METRICS_PORT', host: 'METRICS_HOST' });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

type Output = {
  /** Takes the lines of the message that everything is ready. */
  readonly print?: (line: string) => void;
  /** Takes the log. */
  readonly writeLog?: (line: string) => void;
};

function openLog({ telemetry }: Config, write: (line: string) => void): Log {
  return createLog({ level: telemetry.logLevel, write });
}

/**
 * Opens the gateway, listens, and prints where everything is. Throws a `ListenError` where it cannot listen, and whatever
 * `createApp` throws; nothing stays open then.
 */
export async function serve(
  config: Config,
  { print = console.log, writeLog = (line) => process.stderr.write(line) }: Output = {},
  options: AppOptions = {},
): Promise<RunningServer> {
  const log = openLog(config, writeLog);
  const app = await createApp(config, log, options);
  let closeOperators: () => void = () => undefined;
  try {
    const server = createHttpServer(app.server.listener, config.maxConnections);
    const close = prepareClosing(server);
    const organizations = await app.organizations();
    const hasKeys = await app.hasKeys();
    closeOperators = await listenForOperators(app, config.telemetry);
    const port = await listen(server, config.http);
    for (const line of describeStart({ config, organizations, provisioned: app.provisioned, hasKeys })) print(line);
    log.info({ port, database: config.database.kind, node: process.version }, 'started');
    const drain = async () => {
      log.info({ seconds: config.drainDelay / 1_000 }, 'draining');
      app.drain();
      if (config.drainDelay > 0) await delay(config.drainDelay);
    };
    const stop = async () => {
      log.info('stopping');
      app.endSubscriptions();
      await close();
      closeOperators();
      await app[Symbol.asyncDispose]();
      log.info('stopped');
    };
    return { port, limiters: app.limiters, drain, stop };
  } catch (error) {
    closeOperators();
    await app[Symbol.asyncDispose]();
    throw error;
  }
}
