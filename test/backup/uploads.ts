import { setTimeout as delay } from 'node:timers/promises';
import { type Caller, putPicture } from '../support/holdings.ts';

/** Upserts with pictures that go on until they are stopped. */
export type Uploads = {
  /** How often each customer was written so far, which its version is at least: no picture comes twice. */
  readonly countWrites: () => ReadonlyMap<string, number>;
  /** Waits until every customer that is written again and again has got another picture from now on. */
  readonly goRound: () => Promise<void>;
  /** Stops them. Throws where one was refused, as `goRound` does. */
  readonly stop: () => Promise<void>;
};

const writers = 3;
const renewedByEach = 3;

/** The customers whose picture is replaced each time round. */
export const renewed = Array.from({ length: writers * renewedByEach }, (_, index) => `renewed-${index}`);

/** Starts them: each writer replaces the pictures of its own customers in turn, and then creates one more customer. */
export function startUploads(caller: Caller): Uploads {
  const writes = new Map<string, number>();
  const count = (reference: string) => writes.get(reference) ?? 0;
  let isStopped = false;
  const put = async (reference: string) => {
    if (isStopped) return;
    await putPicture(caller, 'customers', reference);
    writes.set(reference, count(reference) + 1);
  };
  const write = async (writer: number) => {
    const own = renewed.slice(writer * renewedByEach, (writer + 1) * renewedByEach);
    for (let round = 0; !isStopped; round += 1)
      for (const reference of [...own, `new-${writer}-${round}`]) await put(reference);
  };
  const running = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))).finally(() => {
    isStopped = true;
  });
  running.catch(() => undefined);
  return {
    countWrites: () => new Map(writes),
    goRound: async () => {
      // Two more: the first of them may have been under way already.
      const goals = renewed.map((reference) => [reference, count(reference) + 2] as const);
      while (!isStopped && goals.some(([reference, goal]) => count(reference) < goal)) await delay(20);
      if (isStopped) await running;
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}
