import { describe, expect, it } from 'vitest';
import { createJobQueue } from '../src/job-queue.ts';

const refuse = () => new Error('full');

/** Starts jobs of these weights, each of which ends when it is told; `started` are those that run or have run. */
function startJobs(queue: ReturnType<typeof createJobQueue>, weights: readonly number[]) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  for (const [index, weight] of weights.entries()) {
    const job = async () => {
      started.push(index);
      await new Promise<void>((resolve) => (ends[index] = resolve));
    };
    void queue.run(job, weight);
  }
  const finish = async (index: number) => {
    ends[index]?.();
    await new Promise(setImmediate);
  };
  return { started, finish };
}

describe('a queue of jobs that weigh something', () => {
  it('runs together what is light, and what is heavy by itself, in order', async () => {
    const queue = createJobQueue({ maxConcurrent: 3, maxQueued: 10, maxWeight: 10, refuse });
    const { started, finish } = startJobs(queue, [5, 5, 9, 1, 100, 1]);
    await finish(-1);
    expect(started).toEqual([0, 1]);
    // Not the light one behind it: what is heavy would wait for ever.
    await finish(0);
    expect(started).toEqual([0, 1]);
    await finish(1);
    expect(started).toEqual([0, 1, 2, 3]);
    await finish(2);
    expect([started, queue.load()]).toEqual([[0, 1, 2, 3], { waiting: 2, running: 1 }]);
    await finish(3);
    expect(started).toEqual([0, 1, 2, 3, 4]);
    await finish(4);
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
    await finish(5);
    expect(queue.load()).toEqual({ waiting: 0, running: 0 });
  });
});
