import { randomInt } from 'node:crypto';

/** One write: the number of the customer it goes to, and the number it puts into name and credit limit. */
export type Write = { readonly customer: number; readonly value: number; readonly sentAt: number };

type Acknowledged = {
  count: number;
  /** Those that may be the last one carried out: none of them was acknowledged before another one was sent. */
  last: readonly { readonly value: number; readonly at: number }[];
};

/** What a customer holds: the number of the last write, and how many changes it has seen; null where nobody can tell. */
export type StoredWrite = { readonly value: number | null; readonly version: number | null };

/** Draws writes, remembers which ones were acknowledged, and tells whether a database has kept them all. */
export class WriteLedger {
  readonly #customers: number;
  readonly #acknowledged = new Map<number, Acknowledged>();
  #clock = 0;

  constructor(customers: number) {
    this.#customers = customers;
  }

  /** A write of a number nobody else writes, to any of the customers. */
  begin(): Write {
    this.#clock += 1;
    return { customer: randomInt(1, this.#customers + 1), value: randomInt(1, 1_000_000_000), sentAt: this.#clock };
  }

  acknowledge({ customer, value, sentAt }: Write): void {
    this.#clock += 1;
    const { count, last } = this.#acknowledged.get(customer) ?? { count: 0, last: [] };
    const concurrent = last.filter(({ at }) => at > sentAt);
    this.#acknowledged.set(customer, { count: count + 1, last: [...concurrent, { value, at: this.#clock }] });
  }

  /**
   * Throws unless every customer holds what was acknowledged last (where several were under way together, one of them),
   * and has a version more for every acknowledged write, where it has versions.
   */
  verify(before: ReadonlyMap<number, StoredWrite>, after: ReadonlyMap<number, StoredWrite>): void {
    for (const [customer, { count, last }] of this.#acknowledged) {
      const stored = after.get(customer);
      if (!last.some(({ value }) => value === stored?.value)) {
        const expected = last.map(({ value }) => value).join(' or ');
        throw new Error(
          `Customer ${customer} should hold ${expected}, but holds ${stored?.value ?? 'nothing of that kind'}.`,
        );
      }
      const version = before.get(customer)?.version ?? null;
      if (version !== null && stored?.version !== version + count) {
        throw new Error(
          `Customer ${customer} of version ${version} is ${stored?.version ?? '-'} after ${count} changes.`,
        );
      }
    }
  }
}
