import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '../contract/limits.ts';
import { cutOffForgotten } from './handover.ts';
import { isReport } from './report.ts';

/** How long a worker may take to end once it is told to, in milliseconds: longer than what is under way may. */
const patience = limits.connections.stoppingMillis + 5_000;

/** How long after its end what a worker said may still be read, in milliseconds. */
const readingTime = 1_000;

/** How a worker ended: what its process came to, why it could not serve if it said so, and for how many milliseconds it served. */
export type WorkerEnd = { readonly how: string; readonly failure: string | undefined; readonly servedFor: number };

/** A worker as its primary sees it. Neither promise rejects. */
export type WorkerProcess = {
  /** Resolves to the start message once it serves, or to undefined if it ended before. */
  readonly ready: Promise<string | undefined>;
  /** Resolves once the process is gone. */
  readonly ended: Promise<WorkerEnd>;
};

/** Resolves to what the process came to, once all it said has been read. */
async function waitForExit(worker: Worker): Promise<string> {
  const { pid } = worker.process;
  if (pid === undefined) return new Promise((resolve) => worker.once('error', (error) => resolve(String(error))));
  const exited = new Promise<string>((resolve) => {
    worker.once('exit', (code: number, signal: string | null) => {
      resolve(signal ? `process ${pid} was killed by ${signal}` : `process ${pid} ended with exit code ${code}`);
    });
  });
  const readOut = new Promise((resolve) => worker.once('disconnect', resolve));
  const how = await exited;
  await Promise.race([readOut, delay(readingTime, undefined, { ref: false })]);
  // Connections go to whom the channel is open to.
  if (worker.isConnected()) worker.process.disconnect();
  return how;
}

/** Ends the worker when `stop` is aborted: it hears that it is let go of, and is killed if that does not help. */
async function endOn(stop: AbortSignal, worker: Worker, exit: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    if (worker.isConnected()) worker.process.disconnect();
    timer = setTimeout(() => worker.process.kill('SIGKILL'), patience);
  };
  stop.addEventListener('abort', end);
  await exit;
  stop.removeEventListener('abort', end);
  clearTimeout(timer);
}

function watchWorker(worker: Worker, stop: AbortSignal): WorkerProcess {
  let readyAt: number | undefined;
  let failure: string | undefined;
  // What is sent to a process that has just been killed fails. That it is gone is heard of otherwise.
  worker.on('error', () => undefined);
  cutOffForgotten(worker.process);
  const exit = waitForExit(worker);
  void endOn(stop, worker, exit);
  const ready = new Promise<string | undefined>((resolve) => {
    worker.on('message', (message: unknown) => {
      if (!isReport(message)) return;
      if (!message.isReady) failure = message.text;
      else {
        readyAt = performance.now();
        resolve(message.text);
      }
    });
    void exit.then(() => resolve(undefined));
  });
  const ended = exit.then((how) => ({
    how,
    failure,
    servedFor: readyAt === undefined ? 0 : performance.now() - readyAt,
  }));
  return { ready, ended };
}

/** Starts a worker, which is ended when `stop` is aborted. Where the system gives no process, that is a worker that ended. */
export function startWorker(stop: AbortSignal): WorkerProcess {
  try {
    return watchWorker(cluster.fork(), stop);
  } catch (error) {
    const ended = Promise.resolve({ how: String(error), failure: undefined, servedFor: 0 });
    return { ready: Promise.resolve(undefined), ended };
  }
}
