import { expect, it } from 'vitest';
import { nextPause } from '../src/workers/primary.ts';

it('waits longer before each worker that replaces one that served too shortly, up to half a minute', () => {
  const pauses = [0, 100, 59_999, 0, 0, 0, 0].reduce<number[]>(
    (list, servedFor) => [...list, nextPause(list.at(-1) ?? 0, servedFor)],
    [],
  );
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

it('begins anew once a worker has served for a minute', () => {
  expect(nextPause(30_000, 60_000)).toBe(1_000);
});
