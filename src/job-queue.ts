import type { Load } from './monitor.ts';

/** Runs jobs in order, not too many at a time. */
export type JobQueue = {
  readonly run: <T>(job: () => Promise<T>) => Promise<T>;
  /** How many wait, and how many are running. */
  readonly load: () => Load;
};

/** Runs at most `maxConcurrent` jobs at a time, in order; `run` rejects with what `refuse` creates when `maxQueued` wait already. */
export function createJobQueue({
  maxConcurrent,
  maxQueued,
  refuse,
}: {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly refuse: () => Error;
}): JobQueue {
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async (): Promise<void> => {
    if (running < maxConcurrent) {
      running += 1;
      return;
    }
    if (waiting.length >= maxQueued) throw refuse();
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  // The place goes straight to the next in line, so that nobody who comes in between can take it.
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    load: () => ({ waiting: waiting.length, running }),
    run: async (job) => {
      await enter();
      try {
        return await job();
      } finally {
        leave();
      }
    },
  };
}
