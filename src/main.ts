import { setTimeout as delay } from 'node:timers/promises';
import { type App, type AppOptions, createApp } from './app.ts';
import type { Config } from './config.ts';
import { limits } from './contract/limits.ts';
import { createHttpServer } from './http/http-server.ts';
import { listen } from './listen.ts';
import { listenForOperators } from './listen-for-operators.ts';
import { describeStart } from './start-message.ts';
import { type Log, createLog } from './telemetry/log.ts';

/** A process that serves. */
export type RunningServer = Pick<App, 'limiters' | 'reportReadiness' | 'takeSnapshot'> & {
  readonly port: number;
  /** Says from now on that it is not ready, goes on as before, and resolves once DRAIN_DELAY is over. */
  readonly drain: () => Promise<void>;
  /** Refuses new connections, lets requests under way finish (10 s), and closes everything. */
  readonly stop: () => Promise<void>;
};

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
  let closeOperators = () => Promise.resolve();
  try {
    const { server, letGo, close } = createHttpServer(app.server.listener, {
      mostConnections: config.maxConnections,
    });
    const organizations = await app.organizations();
    const hasKeys = await app.hasKeys();
    // Of several workers, the primary answers there.
    if (!options.worker) closeOperators = await listenForOperators(app.operatorPages, config.telemetry.metrics);
    const port = await listen(server, config.http);
    for (const line of describeStart({ config, organizations, provisioned: app.provisioned, hasKeys })) print(line);
    log.info({ port, database: config.database.kind, node: process.version }, 'started');
    const drain = async () => {
      log.info({ seconds: config.drainDelay / 1_000 }, 'draining');
      app.drain();
      letGo();
      if (config.drainDelay > 0) await delay(config.drainDelay);
    };
    const stop = async () => {
      log.info('stopping');
      app.endSubscriptions();
      await close(limits.connections.stoppingMillis);
      await closeOperators();
      await app[Symbol.asyncDispose]();
      log.info('stopped');
    };
    const { limiters, reportReadiness, takeSnapshot } = app;
    return { port, limiters, reportReadiness, takeSnapshot, drain, stop };
  } catch (error) {
    await closeOperators();
    await app[Symbol.asyncDispose]();
    throw error;
  }
}
