import type { Rate } from './config/rate.ts';

/** How a key stands: whole units it has left, and seconds until it has one again (at least 1), and until it has all. */
export type Standing = { readonly remaining: number; readonly retryAfter: number; readonly fullAfter: number };

/** Units by keys; fewer than none where they were given back. */
export type Spending = readonly (readonly [key: string, units: number])[];

type Options = {
  readonly rate: Rate;
  readonly capacity: number;
  readonly now: () => Date;
  /** Whether what is taken is remembered until it is collected. */
  readonly isShared?: boolean;
};

type Bucket = { left: number; at: number };

/**
 * Token buckets by key, in memory: each begins with all of its rate's count, which comes back evenly. Fixed windows, which the
 * known libraries have, would shut a busy caller out for the rest of each; those also keep a timer for each key, for keys without
 * number, and answer by promises. At most `capacity` keys are known: the oldest make room, and begin anew.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: Rate;
  readonly #capacity: number;
  readonly #now: () => Date;
  readonly #spent: Map<string, number> | undefined;

  constructor({ rate, capacity, now, isShared = false }: Options) {
    this.#rate = rate;
    this.#capacity = capacity;
    this.#now = now;
    this.#spent = isShared ? new Map() : undefined;
  }

  /** So many units there are at once. */
  get count(): number {
    return this.#rate.count;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a unit where there is one, and says whether there was. */
  take(key: string): boolean {
    const bucket = this.#fill(key);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    this.#note(key, 1);
    return true;
  }

  /** Takes units whether they are there or not; what is owed is never more than comes back in a window. */
  charge(key: string, units: number): void {
    this.#change(key, -units);
    this.#note(key, units);
  }

  /** Gives back a unit that was taken. */
  refund(key: string): void {
    this.#change(key, 1);
    this.#note(key, -1);
  }

  /** What was taken since the last time, of a limiter that is shared. */
  collect(): Spending {
    const spent = [...(this.#spent ?? [])];
    this.#spent?.clear();
    return spent;
  }

  /** Takes what another limiter has collected, without collecting it in turn. */
  absorb(spending: Spending): void {
    for (const [key, units] of spending) this.#change(key, -units);
  }

  look(key: string): Standing {
    const { left } = this.#fill(key);
    const { count, window } = this.#rate;
    const secondsFor = (units: number) => Math.ceil((units * window) / count / 1_000);
    return {
      remaining: Math.max(Math.floor(left), 0),
      retryAfter: Math.max(secondsFor(1 - left), 1),
      fullAfter: secondsFor(count - left),
    };
  }

  #note(key: string, units: number): void {
    this.#spent?.set(key, (this.#spent.get(key) ?? 0) + units);
  }

  #change(key: string, units: number): void {
    const bucket = this.#fill(key);
    const { count } = this.#rate;
    bucket.left = Math.min(Math.max(bucket.left + units, -count), count);
  }

  #fill(key: string): Bucket {
    const at = this.#now().getTime();
    const known = this.#buckets.get(key);
    if (!known) return this.#begin(key, at);
    const { count, window } = this.#rate;
    // A clock that was set back gives nothing, and keeps nothing from coming back.
    known.left = Math.min(known.left + (Math.max(at - known.at, 0) * count) / window, count);
    known.at = at;
    return known;
  }

  #begin(key: string, at: number): Bucket {
    const bucket = { left: this.#rate.count, at };
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size > this.#capacity) this.#buckets.delete(oldest);
    return bucket;
  }
}
