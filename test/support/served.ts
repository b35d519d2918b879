import { readConfig } from '../../src/config.ts';
import { serve } from '../../src/main.ts';
import { findFreePort } from './free-port.ts';

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What `customer-gateway serve` runs, on free ports, over the example organization. */
export type Served = {
  /** Without a slash at the end, like the other one: where both doors are, and where operators look. */
  readonly address: string;
  readonly operators: string;
  readonly port: number;
  /** Everything logged so far, as it was written. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

/** The lines of a log; throws where one is no JSON object. */
export function parseLog(log: string): LogLine[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** Starts it on a storage that has its organizations. */
export async function startServed(env: Readonly<Record<string, string>>): Promise<Served> {
  const metricsPort = await findFreePort();
  let log = '';
  const config = readConfig({ PORT: String(await findFreePort()), METRICS_PORT: String(metricsPort), ...env });
  const running = await serve(config, { print: () => undefined, writeLog: (line) => (log += line) });
  return {
    address: `http://127.0.0.1:${running.port}`,
    operators: `http://127.0.0.1:${metricsPort}`,
    port: running.port,
    log: () => log,
    stop: async () => {
      await running.drain();
      await running.stop();
    },
  };
}
