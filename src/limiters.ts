import { type RateConfig, rateLimits } from './config/rate.ts';
import { limits } from './contract/limits.ts';
import { RateLimiter, type Spending } from './rate-limiter.ts';

/** What is limited: the calls of callers, where they are, and the bad credentials of addresses. */
export type Limiters = { readonly calls: RateLimiter | undefined; readonly failures: RateLimiter };

/** What was spent of each in one process. */
export type Spent = { readonly calls: Spending; readonly failures: Spending };

/** `isShared` where other processes are to hear of what is spent here. */
export function createLimiters({ calls, failedAttempts }: RateConfig, now: () => Date, isShared = false): Limiters {
  const { callers, addresses } = limits.rate;
  return {
    calls: calls && new RateLimiter({ rate: calls, capacity: callers, now, isShared }),
    failures: new RateLimiter({ rate: failedAttempts, capacity: addresses, now, isShared }),
  };
}

/** Tells, a few times a second for as long as the process lives, what was spent here meanwhile, if anything. */
export function tellOfSpent({ calls, failures }: Limiters, tell: (spent: Spent) => void): void {
  const collect = () => {
    const spent = { calls: calls?.collect() ?? [], failures: failures.collect() };
    if (spent.calls.length + spent.failures.length > 0) tell(spent);
  };
  setInterval(collect, rateLimits.sharedEvery).unref();
}

/** Counts what was spent in another process as if it had been here. */
export function absorbSpent({ calls, failures }: Limiters, spent: Spent): void {
  calls?.absorb(spent.calls);
  failures.absorb(spent.failures);
}
