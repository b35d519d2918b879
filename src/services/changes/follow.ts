import type { Actor } from '../../actor.ts';
import { Bell } from '../../db/bell.ts';
import type { ChangeSignal } from '../../db/change-signal.ts';
import type { Database } from '../../db/schema.ts';
import type { Change, FeedPosition } from './change.ts';
import { readChanges } from './read.ts';

export type FollowDeps = { readonly db: Database; readonly signal: ChangeSignal };

/** As many changes as one who follows holds in memory at most. */
const pageSize = 100;

/** Milliseconds between looks without a signal. A change that waits for a transaction is looked for sooner, then ever less often. */
const pause = { longest: 5_000, heldBack: 50 };

async function* generateChanges(
  { db, signal }: FollowDeps,
  actor: Actor,
  from: FeedPosition,
  {
    bell,
    isStopped,
    isWanted,
  }: {
    readonly bell: Bell;
    readonly isStopped: () => boolean;
    readonly isWanted: (change: Change) => boolean;
  },
): AsyncGenerator<Change, void, void> {
  const stopListening = signal.listen(actor.organization.id, () => bell.ring());
  let after = from;
  let heldBack: number = pause.heldBack;
  try {
    while (!isStopped()) {
      const { changes, hasNextPage, isHeldBack } = await readChanges({ db }, actor, { after, first: pageSize });
      for (const change of changes) {
        if (isStopped()) return;
        if (isWanted(change)) yield change;
        after = change.position;
      }
      if (hasNextPage || isStopped()) continue;
      heldBack = isHeldBack && changes.length === 0 ? Math.min(heldBack * 2, pause.longest) : pause.heldBack;
      await bell.sleep(isHeldBack ? heldBack : pause.longest);
    }
  } finally {
    stopListening();
  }
}

/**
 * Every wanted change behind `from` and every one to come, in the feed's order, read as fast as they are taken. Ends when the
 * signal is hung up; `return` ends it at once, also while it waits.
 */
export function followChanges(
  deps: FollowDeps,
  actor: Actor,
  from: FeedPosition,
  isWanted: (change: Change) => boolean,
): AsyncGenerator<Change, void, void> {
  const bell = new Bell();
  let isReturned = false;
  const isStopped = () => isReturned || deps.signal.isHungUp();
  const changes = generateChanges(deps, actor, from, { bell, isStopped, isWanted });
  const stop = () => {
    isReturned = true;
    // A generator that waits would only hear of its end after the wait.
    bell.ring();
  };
  return {
    next: () => changes.next(),
    return: () => {
      stop();
      return changes.return();
    },
    throw: (error) => {
      stop();
      return changes.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      stop();
      await changes.return();
    },
  };
}
