import type { RowTies } from './collection.ts';
import type { Row } from './rows.ts';

/**
 * How much makes a batch: rows, or characters of them where they are long, since a batch is in memory and its text in one string.
 * Measured: half as many rows take a tenth longer, half as many again save a fiftieth.
 */
export const batchLimits = { rows: 1_000, characters: 4 * 1024 * 1024 } as const;

/** Splits off all the batches that rows in their order make for sure; to those left, more may come. */
export function splitBatches(rows: readonly Row[]): {
  readonly batches: readonly Row[][];
  readonly left: readonly Row[];
} {
  const batches: Row[][] = [];
  let start = 0;
  let characters = 0;
  rows.forEach(({ raw }, index) => {
    characters += raw.length;
    const end = index + 1;
    if (end - start < batchLimits.rows && characters < batchLimits.characters) return;
    batches.push(rows.slice(start, end));
    start = end;
    characters = 0;
  });
  return { batches, left: rows.slice(start) };
}

/** Consecutive rows that are sent together. */
export type Batch = {
  readonly rows: readonly Row[];
  readonly needs: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
};

/** Makes a batch of rows that are tied to others as told. */
export function createBatch(rows: readonly Row[], tiesOf: (row: Row) => RowTies): Batch {
  const ties = rows.map(tiesOf);
  return {
    rows,
    needs: new Set(ties.flatMap(({ needs }) => needs)),
    claims: new Set(ties.flatMap(({ claims }) => claims)),
  };
}

function overlap(these: ReadonlySet<string>, those: ReadonlySet<string>): boolean {
  for (const name of these) if (those.has(name)) return true;
  return false;
}

/** Whether the order of the two matters: one writes what the other writes or rests on. */
function areTied(earlier: Batch, later: Batch): boolean {
  const { claims, needs } = earlier;
  return overlap(later.claims, claims) || overlap(later.needs, claims) || overlap(needs, later.claims);
}

type Flight<Result> = { readonly batch: Batch; readonly answer: Promise<Result> };

/**
 * Several batches under way at once, to the same effect as one after another: what is tied to an earlier one waits for it.
 * They land one by one in their order, while others are sent that are not tied to them. What sending or landing throws is
 * thrown by whoever waits.
 */
export class Flights<Result> {
  readonly #most: number;
  readonly #send: (batch: Batch) => Promise<Result>;
  readonly #land: (batch: Batch, result: Result) => Promise<void>;
  readonly #queue: Flight<Result>[] = [];
  #landing: { readonly batch: Batch; readonly done: Promise<void> } | undefined;

  constructor(
    most: number,
    send: (batch: Batch) => Promise<Result>,
    land: (batch: Batch, result: Result) => Promise<void>,
  ) {
    this.#most = most;
    this.#send = send;
    this.#land = land;
  }

  /** Sends a batch, once it may be under way together with all that are. */
  async send(batch: Batch): Promise<void> {
    while (this.#queue.length >= this.#most || this.#queue.some((flight) => areTied(flight.batch, batch))) {
      await this.#beginLanding();
    }
    // What is not remembered as done may be done again, and must not be done over this one.
    if (this.#landing && areTied(this.#landing.batch, batch)) await this.#landing.done;
    const answer = this.#send(batch);
    // Thrown again when its turn to land comes.
    answer.catch(() => undefined);
    this.#queue.push({ batch, answer });
  }

  async landAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#beginLanding();
    await this.#landing?.done;
  }

  /** Waits until nothing is under way any more, whatever becomes of it. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#queue.map(({ answer }) => answer), this.#landing?.done]);
  }

  /** Lets the first land once its answer is there and the one before has landed; after a failure none does. */
  async #beginLanding(): Promise<void> {
    const [first] = this.#queue;
    if (!first) return;
    const result = await first.answer;
    this.#queue.shift();
    await this.#landing?.done;
    const done = this.#land(first.batch, result);
    // Thrown again by whoever waits for it.
    done.catch(() => undefined);
    this.#landing = { batch: first.batch, done };
  }
}
