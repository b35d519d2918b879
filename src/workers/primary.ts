import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { requireListenable } from '../listen.ts';
import { waitForSignal } from '../stop-signals.ts';
import { withDatabase } from '../with-database.ts';
import type { WorkersIo } from './serve.ts';
import { drainMessage, isSpentMessage } from './report.ts';
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

/** Replaces the worker, and those that replace it, until `stop` is aborted and the last of them has ended. */
async function keepReplacing(first: WorkerProcess, stop: AbortSignal, err: WorkersIo['err']): Promise<void> {
  let pause = 0;
  for (let worker = first; ; worker = startWorker(stop)) {
    const { how, failure, servedFor } = await worker.ended;
    if (stop.aborted) return;
    pause = nextPause(pause, servedFor);
    err(`Another worker starts in ${pause / 1_000} s: ${failure ?? how}\n`);
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

/**
 * Migrates the database, starts the workers, says once that they all serve, and replaces those that end. On SIGINT or
 * SIGTERM it ends them and answers 0. Throws where the address cannot be listened on and where a worker cannot start,
 * what the worker said; none is left then.
 */
export async function serveAsPrimary(config: Config, { out, err, signals }: WorkersIo): Promise<number> {
  await withDatabase(config, () => Promise.resolve());
  await requireListenable(config.http);
  // Not our own arguments: `auto` may come to another number by the time a worker is replaced.
  cluster.setupPrimary({ args: ['serve', '--workers', String(config.workers)] });
  cluster.on('message', relaySpending);
  const stop = new AbortController();
  const workers = Array.from({ length: config.workers }, () => startWorker(stop.signal));
  let ends: Promise<unknown>[] = workers.map(({ ended }) => ended);
  try {
    const [message = ''] = await Promise.all(workers.map(requireReady));
    ends = workers.map((worker) => keepReplacing(worker, stop.signal, err));
    out(message);
    await waitForSignal(signals);
    for (const worker of Object.values(cluster.workers ?? {})) worker?.send(drainMessage);
    if (config.drainDelay > 0) await delay(config.drainDelay);
    return 0;
  } finally {
    stop.abort();
    await Promise.all(ends);
  }
}
