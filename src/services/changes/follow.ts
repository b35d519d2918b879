import type { Actor } from '../../actor.ts';
import { limits } from '../../contract/limits.ts';
import { type Change, type FeedPosition, comparePositions } from './change.ts';
import { findFeedEnd, readChanges } from './read.ts';
import { FeedTail, type TailDeps } from './tail.ts';

/**
 * Every wanted change behind `after` (without it: from now on) and every one to come, in the feed's order, read as fast as they
 * are taken. Ends when the signal is hung up; `return` ends it at once, also while it waits. Throws a `CursorExpiredError` where
 * `after` names no change of the feed, and later on where the one it has come to was pruned before it could go on.
 */
export type FollowChanges = (
  actor: Actor,
  after: FeedPosition | undefined,
  isWanted: (change: Change) => boolean,
) => Promise<AsyncGenerator<Change, void, void>>;

/** Hands out one tail for each organization, as long as somebody follows it. */
function createTails(deps: TailDeps) {
  const tails = new Map<number, { readonly tail: FeedTail; followers: number }>();
  return {
    join: (actor: Actor, end: FeedPosition): FeedTail => {
      const { id } = actor.organization;
      const shared = tails.get(id) ?? { tail: new FeedTail(deps, actor, end), followers: 0 };
      shared.followers += 1;
      tails.set(id, shared);
      return shared.tail;
    },
    leave: ({ organization: { id } }: Actor): void => {
      const shared = tails.get(id);
      if (!shared || (shared.followers -= 1) > 0) return;
      tails.delete(id);
      shared.tail.stop();
    },
  };
}

/** The next changes behind a place, and the place behind them: from the tail, or read by one who has fallen behind it. */
async function takeNext(
  { db }: TailDeps,
  actor: Actor,
  tail: FeedTail,
  after: FeedPosition,
): Promise<{ readonly changes: readonly Change[]; readonly end: FeedPosition }> {
  const { from } = tail;
  const isBehind = comparePositions(after, from) < 0;
  const { changes, hasNextPage } = isBehind
    ? await readChanges({ db }, actor, { after, first: limits.subscriptions.changesRead })
    : { changes: tail.listBehind(after), hasNextPage: false };
  const end = changes.at(-1)?.position ?? after;
  // What the tail began behind was settled by then, so nothing is left in front of it.
  return { changes, end: !hasNextPage && comparePositions(end, from) < 0 ? from : end };
}

/** Ends the wait of one who goes away. */
class Departure {
  #wake: () => void = () => undefined;
  hasLeft = false;

  leave(): void {
    this.hasLeft = true;
    this.#wake();
  }

  /** Waits until `work` is done, or for nothing more once who waits has left. Throws what `work` throws. */
  wait(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (this.hasLeft) resolve();
      work.then(resolve, reject);
    });
  }
}

/** The generator itself would only hear of its end after what it waits for. */
function leaveOnReturn<T>(
  generator: AsyncGenerator<T, void, void>,
  departure: Departure,
): AsyncGenerator<T, void, void> {
  const end = () => {
    departure.leave();
    return generator.return();
  };
  return {
    next: () => generator.next(),
    return: end,
    throw: (error) => {
      departure.leave();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}

/** Creates what lets any number follow: those at the end of an organization's feed share what is read. */
export function createFollowChanges(deps: TailDeps): FollowChanges {
  const tails = createTails(deps);

  async function* generateChanges(
    actor: Actor,
    { from, feedEnd }: { readonly from: FeedPosition; readonly feedEnd: FeedPosition },
    isWanted: (change: Change) => boolean,
    departure: Departure,
  ): AsyncGenerator<Change, void, void> {
    const isStopped = () => departure.hasLeft || deps.signal.isHungUp();
    const tail = tails.join(actor, feedEnd);
    let after = from;
    try {
      while (!isStopped()) {
        const { changes, end } = await takeNext(deps, actor, tail, after);
        for (const change of changes) {
          if (isStopped()) return;
          if (isWanted(change)) yield change;
        }
        if (comparePositions(end, after) === 0) await departure.wait(tail.look(after));
        after = end;
      }
    } finally {
      tails.leave(actor);
    }
  }

  return async (actor, after, isWanted) => {
    // A client is told at once that its cursor has expired.
    if (after) await readChanges(deps, actor, { after, first: 0 });
    const feedEnd = await findFeedEnd(deps);
    const departure = new Departure();
    return leaveOnReturn(generateChanges(actor, { from: after ?? feedEnd, feedEnd }, isWanted, departure), departure);
  };
}
