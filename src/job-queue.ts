import type { Load } from './monitor.ts';

/** Runs jobs in order, not too many at a time. */
export type JobQueue = {
  /** `weight` is what the job takes of `maxWeight`, nothing unless told. */
  readonly run: <T>(job: () => Promise<T>, weight?: number) => Promise<T>;
  /** How many wait, and how many are running. */
  readonly load: () => Load;
};

type Waiting = { readonly weight: number; readonly start: () => void };

/**
 * Runs at most `maxConcurrent` jobs at a time, in order, and of those together at most `maxWeight`, but for one that weighs more
 * by itself; `run` rejects with what `refuse` creates when `maxQueued` wait already.
 */
export function createJobQueue({
  maxConcurrent,
  maxQueued,
  maxWeight = Infinity,
  refuse,
}: {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly maxWeight?: number;
  readonly refuse: () => Error;
}): JobQueue {
  const waiting: Waiting[] = [];
  let running = 0;
  let carried = 0;

  const fits = (weight: number): boolean => running < maxConcurrent && (running === 0 || carried + weight <= maxWeight);

  const take = (weight: number): void => {
    running += 1;
    carried += weight;
  };

  const enter = async (weight: number): Promise<void> => {
    // Nobody overtakes, or what is heavy would wait for ever.
    if (waiting.length === 0 && fits(weight)) {
      take(weight);
      return;
    }
    if (waiting.length >= maxQueued) throw refuse();
    await new Promise<void>((resolve) => waiting.push({ weight, start: resolve }));
  };

  // Places are taken here for those in line, so that nobody who comes in between can take them.
  const leave = (weight: number): void => {
    running -= 1;
    carried -= weight;
    for (let next = waiting[0]; next && fits(next.weight); next = waiting[0]) {
      waiting.shift();
      take(next.weight);
      next.start();
    }
  };

  return {
    load: () => ({ waiting: waiting.length, running }),
    run: async (job, weight = 0) => {
      await enter(weight);
      try {
        return await job();
      } finally {
        leave(weight);
      }
    },
  };
}
