import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { createOperatorPages } from '../http/operator-pages.ts';
import { requireListenable } from '../listen.ts';
import { listenForOperators } from '../listen-for-operators.ts';
import { waitForSignal } from '../stop-signals.ts';
import { type Log, createLog } from '../telemetry/log.ts';
import { withDatabase } from '../with-database.ts';
import { gatherCrew } from './crew.ts';
import { createCrewReadiness } from './crew-readiness.ts';
import { drainMessage, isSpentMessage } from './report.ts';
import { createCrewScraper } from './scrape-crew.ts';
import type { WorkersIo } from './serve.ts';
import { type WorkerProcess, startWorker } from './worker-process.ts';

/** Between the end of a worker and the start of the next in its place, in milliseconds; `steady` is what begins anew. */
const pauses = { shortest: 1_000, longest: 30_000, steady: 60_000 };

/** How long to wait before a worker is replaced that served for so long after waiting so long, in milliseconds. */
export function nextPause(previous: number, servedFor: number): number {
  if (servedFor >= pauses.steady) return pauses.shortest;
  return Math.min(Math.max(2 * previous, pauses.shortest), pauses.longest);
}

async function requireReady({ ready, ended }: WorkerProcess): Promise<string> {
  const message = await ready;
  if (message !== undefined) return message;
  const { failure, how } = await ended;
  throw new Error(failure ?? `A worker did not start: ${how}.`);
}

/** The start message of all. Throws what the first said that cannot start. */
async function requireAllReady(workers: readonly WorkerProcess[]): Promise<string> {
  const [message = ''] = await Promise.all(workers.map(requireReady));
  return message;
}

/** Replaces the worker, and those that replace it, until `stop` is aborted and the last of them has ended. */
async function keepReplacing(first: WorkerProcess, stop: AbortSignal, log: Log): Promise<void> {
  let pause = 0;
  for (let worker = first; ; worker = startWorker(stop)) {
    const { how, failure, servedFor } = await worker.ended;
    if (stop.aborted) return;
    pause = nextPause(pause, servedFor);
    log.error({ reason: failure ?? how, seconds: pause / 1_000 }, 'a worker has ended, another one starts');
    try {
      await delay(pause, undefined, { signal: stop });
    } catch {
      return;
    }
  }
}

/** Passes on to all the others what a worker tells of its callers, so that a limit is one of the whole gateway. */
function relaySpending(from: Worker, message: unknown): void {
  if (!isSpentMessage(message)) return;
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker && worker.id !== from.id && worker.isConnected()) worker.send(message, () => undefined);
  }
}

/** What operators see of the workers, on a port of its own if there is to be one. */
type OperatorView = {
  /** From now on it says that it is not ready. */
  readonly drain: () => void;
  readonly close: () => Promise<void>;
};

async function openOperatorView({ telemetry }: Config, log: Log): Promise<OperatorView> {
  const crew = gatherCrew({ scrapeAll: () => scrape() });
  const scrape = createCrewScraper(crew, log);
  const readiness = createCrewReadiness(crew, log);
  const pages = createOperatorPages({ readiness, scrape, log });
  return { drain: readiness.drain, close: await listenForOperators(pages, telemetry.metrics) };
}

/**
 * In megabytes, three times of which a worker may take. Each collection of young garbage copies what the requests under way
 * hold, so that twice the usual room halves that; a NODE_OPTIONS does not reach over it, an argument of Node's own does.
 */
const roomForYoung = '--max-semi-space-size=32';

/**
 * Migrates the database, starts the workers, says once that they all serve, and replaces those that end. On SIGINT or
 * SIGTERM, also before all serve, it ends them and answers 0. Throws where an address cannot be listened on and where a
 * worker cannot start, what the worker said; none is left then.
 */
export async function serveAsPrimary(config: Config, { out, err, signals }: WorkersIo): Promise<number> {
  const log = createLog({ level: config.telemetry.logLevel, write: err });
  await withDatabase(config, () => Promise.resolve());
  await requireListenable(config.http);
  // Not our own arguments: `auto` may come to another number by the time a worker is replaced.
  const args = ['serve', '--workers', String(config.workers)];
  cluster.setupPrimary({ args, execArgv: [roomForYoung, ...process.execArgv] });
  cluster.on('message', relaySpending);
  const view = await openOperatorView(config, log);
  const stop = new AbortController();
  // Not only once all are ready: the first of them serves before.
  const stopped = waitForSignal(signals);
  const workers = Array.from({ length: config.workers }, () => startWorker(stop.signal));
  let ends: Promise<unknown>[] = workers.map(({ ended }) => ended);
  try {
    const message = await Promise.race([requireAllReady(workers), stopped]);
    if (message !== undefined) {
      ends = workers.map((worker) => keepReplacing(worker, stop.signal, log));
      out(message);
      await stopped;
    }
    view.drain();
    for (const worker of Object.values(cluster.workers ?? {})) worker?.send(drainMessage);
    if (config.drainDelay > 0) await delay(config.drainDelay);
    return 0;
  } finally {
    stop.abort();
    await Promise.all(ends);
    await view.close();
  }
}
