import type { Worker } from 'node:cluster';
import type { Config } from '../config.ts';
import { describeFailure } from '../describe-failure.ts';
import { type Limiters, absorbSpent, tellOfSpent } from '../limiters.ts';
import { type RunningServer, serve } from '../main.ts';
import { type Signals, waitForSignal } from '../stop-signals.ts';
import type { Scrape } from '../telemetry/metrics.ts';
import { type PrimaryFunctions, type WorkerFunctions, connectFunctions, patience } from './calls.ts';
import { type Report, type SpentMessage, drainMessage, isSpentMessage } from './report.ts';

/** A primary that can be told nothing any more is gone, and that is heard of otherwise. */
function report(worker: Worker, message: Report): Promise<void> {
  return new Promise((resolve) => void worker.send(message, () => resolve()));
}

/** Counts together with the other workers: what is spent here they hear a moment later, and the other way round. */
function shareLimits(worker: Worker, limiters: Limiters): void {
  worker.on('message', (message: unknown) => {
    if (isSpentMessage(message)) absorbSpent(limiters, message.spent);
  });
  tellOfSpent(limiters, (spent) => {
    if (worker.isConnected()) worker.send({ spent } satisfies SpentMessage, () => undefined);
  });
}

function requireScrape(value: unknown): Scrape {
  if (typeof value === 'object' && value !== null && 'contentType' in value && 'text' in value) {
    const { contentType, text } = value;
    if (typeof contentType === 'string' && typeof text === 'string') return { contentType, text };
  }
  throw new Error('The primary does not tell the figures of all workers.');
}

/** Serves so that the primary may ask for the worker's own part, and the worker for what all of them come to. */
async function serveInCrew(worker: Worker, config: Config, print: (line: string) => void): Promise<RunningServer> {
  const functions: WorkerFunctions = {
    takeSnapshot: async () => (await starting).takeSnapshot(),
    reportReadiness: async () => (await starting).reportReadiness(),
  };
  const primary = connectFunctions<PrimaryFunctions, WorkerFunctions>(worker, functions, patience.primary);
  const scrapeAll = async () => requireScrape(await primary.scrapeAll());
  const starting = serve(config, { print }, { isMigrated: true, worker: { name: String(worker.id), scrapeAll } });
  return starting;
}

async function serveUntilStopped(worker: Worker, config: Config, signals: Signals): Promise<void> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(`${line}\n`);
  const running = await serveInCrew(worker, config, print);
  shareLimits(worker, running.limiters);
  worker.on('message', (message: unknown) => {
    if (message === drainMessage) void running.drain();
  });
  // Otherwise Node ends a worker whose primary is gone at once, whatever is under way.
  worker.exitedAfterDisconnect = true;
  const stopped = waitForSignal(signals, 'disconnect');
  await report(worker, { isReady: true, text: lines.join('') });
  await stopped;
  if (worker.isConnected()) await running.drain();
  await running.stop();
}

/**
 * Serves what the primary hands on, until SIGINT or SIGTERM or until the primary lets go of it or is gone, finishes what is
 * under way, and answers the exit code. It tells the primary, and nobody else, how its start went.
 */
export async function serveAsWorker(worker: Worker, config: Config, signals: Signals): Promise<number> {
  worker.on('error', () => undefined);
  try {
    await serveUntilStopped(worker, config, signals);
    return 0;
  } catch (error) {
    await report(worker, { isReady: false, text: describeFailure(error) });
    return 1;
  } finally {
    if (worker.isConnected()) worker.process.disconnect();
  }
}
