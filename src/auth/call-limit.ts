import type { Caller } from '../actor.ts';
import { limits } from '../contract/limits.ts';
import { texts } from '../contract/errors.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { RateLimitError } from './errors.ts';

/** Counts what callers do. */
export type CallLimit = {
  /** Counts a call, or throws a RateLimitError where the caller has none left. */
  readonly admit: (caller: Caller) => void;
  /** Counts the items of a bulk upsert beside its call. That is done whatever it counts as: it is later calls that wait. */
  readonly countItems: (caller: Caller, items: number) => void;
  /**
   * What an answer says of that: `RateLimit-Limit`, `-Remaining` and `-Reset` of the IETF's draft up to its sixth version, seconds
   * for the last. Clients and libraries read these three (ky, Faraday, express-rate-limit's parser), hardly any the structured
   * `RateLimit` of later versions, which has changed with each and is no standard yet. `-Reset` tells when all calls are back, and
   * with none left when the next is, since clients wait for it. (The draft leaves that to the server.)
   */
  readonly describe: (caller: Caller) => Readonly<Record<string, string>>;
};

/** Limits the calls of each caller. */
export function createCallLimit(calls: RateLimiter): CallLimit {
  return {
    admit: ({ principal }) => {
      if (!calls.take(principal)) throw new RateLimitError(texts.callsUsedUp, calls.look(principal).retryAfter);
    },
    countItems: ({ principal }, items) => calls.charge(principal, Math.ceil(items / limits.rate.itemsPerCall)),
    describe: ({ principal }) => {
      const { remaining, retryAfter, fullAfter } = calls.look(principal);
      return {
        'ratelimit-limit': String(calls.count),
        'ratelimit-remaining': String(remaining),
        'ratelimit-reset': String(remaining > 0 ? fullAfter : retryAfter),
      };
    },
  };
}
