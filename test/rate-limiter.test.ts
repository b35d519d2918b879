import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../src/rate-limiter.ts';

/** A limiter of 10 a second, or another rate, and the clock it goes by. */
function start({ count = 10, window = 1_000, capacity = 100, isShared = false } = {}) {
  const clock = { at: 1_800_000_000_000 };
  const limiter = new RateLimiter({ rate: { count, window }, capacity, now: () => new Date(clock.at), isShared });
  const takeAll = (key: string): number => {
    let taken = 0;
    while (limiter.take(key)) taken += 1;
    return taken;
  };
  return { limiter, clock, takeAll };
}

describe('a rate limiter', () => {
  it('gives each key all of its units at once, and no more', () => {
    const { takeAll } = start();
    expect([takeAll('a'), takeAll('a'), takeAll('b')]).toEqual([10, 0, 10]);
  });

  it('gives them back evenly, up to all there are', () => {
    const { takeAll, clock } = start();
    const takeAfter = (milliseconds: number) => {
      clock.at += milliseconds;
      return takeAll('a');
    };
    expect([0, 99, 1, 250, 50, 5_000].map(takeAfter)).toEqual([10, 0, 1, 2, 1, 10]);
  });

  it('tells how many are left, and when the next and all are there', () => {
    const { limiter, takeAll } = start({ count: 6, window: 60_000 });
    expect(limiter.look('a')).toEqual({ remaining: 6, retryAfter: 1, fullAfter: 0 });
    limiter.take('a');
    expect(limiter.look('a')).toEqual({ remaining: 5, retryAfter: 1, fullAfter: 10 });
    takeAll('a');
    expect(limiter.look('a')).toEqual({ remaining: 0, retryAfter: 10, fullAfter: 60 });
  });

  it('lets one owe no more than a window gives', () => {
    const { limiter, takeAll, clock } = start();
    limiter.charge('a', 1_000_000);
    expect(limiter.look('a')).toEqual({ remaining: 0, retryAfter: 2, fullAfter: 2 });
    clock.at += 1_099;
    expect(takeAll('a')).toBe(0);
    clock.at += 1;
    expect(takeAll('a')).toBe(1);
  });

  it('takes back what was taken for nothing, and no more than there was', () => {
    const { limiter, takeAll } = start();
    limiter.take('a');
    limiter.refund('a');
    limiter.refund('a');
    expect(takeAll('a')).toBe(10);
  });

  it('goes on where the clock is set back', () => {
    const { takeAll, clock } = start();
    takeAll('a');
    clock.at -= 3_600_000;
    expect(takeAll('a')).toBe(0);
    clock.at += 100;
    expect(takeAll('a')).toBe(1);
  });

  it('remembers so many keys and no more, the oldest making room', () => {
    const { limiter, takeAll } = start({ capacity: 3 });
    for (const key of ['a', 'b', 'c', 'd']) takeAll(key);
    expect(limiter.size).toBe(3);
    expect([takeAll('d'), takeAll('c'), takeAll('b'), takeAll('a')]).toEqual([0, 0, 0, 10]);
  });

  it('counts together with another that is told what was taken', () => {
    const [here, there] = [start({ isShared: true }), start({ isShared: true })];
    for (let count = 0; count < 4; count += 1) here.limiter.take('a');
    here.limiter.refund('a');
    here.limiter.charge('b', 20);
    const spent = here.limiter.collect();
    expect(spent).toEqual([
      ['a', 3],
      ['b', 20],
    ]);
    there.limiter.absorb(spent);
    expect([there.takeAll('a'), there.takeAll('b')]).toEqual([7, 0]);
    expect(there.limiter.collect()).toEqual([['a', 7]]);
    expect([there.limiter.collect(), here.limiter.collect(), start().limiter.collect()]).toEqual([[], [], []]);
  });

  it('never gives more than its count and what came back since, whatever is done when', () => {
    const step = fc.record({ wait: fc.nat(2_000), takes: fc.nat(20) });
    const rate = fc.record({ count: fc.integer({ min: 1, max: 50 }), window: fc.constantFrom(1_000, 60_000) });
    fc.assert(
      fc.property(rate, fc.array(step), ({ count, window }, steps) => {
        const { limiter, clock } = start({ count, window });
        const begun = clock.at;
        let taken = 0;
        for (const { wait, takes } of steps) {
          clock.at += wait;
          for (let index = 0; index < takes; index += 1) taken += Number(limiter.take('a'));
          expect(taken).toBeLessThanOrEqual(count + ((clock.at - begun) * count) / window + 1e-6);
          const { remaining, retryAfter, fullAfter } = limiter.look('a');
          expect(remaining <= count && retryAfter >= 1 && fullAfter <= window / 1_000).toBe(true);
        }
      }),
    );
  });
});
