/** Remembers values for a while, and not more than `capacity` of them: the oldest make room. Times are milliseconds. */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly since: number }>();
  readonly #lifetime: number;
  readonly #capacity: number;
  readonly #now: () => Date;

  constructor({ lifetime, capacity, now }: { lifetime: number; capacity: number; now: () => Date }) {
    this.#lifetime = lifetime;
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    // A clock that was set back makes nothing live longer.
    if (Math.abs(this.#now().getTime() - entry.since) < this.#lifetime) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, since: this.#now().getTime() });
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size > this.#capacity) this.#entries.delete(oldest);
  }
}
