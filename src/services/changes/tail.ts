import type { Actor } from '../../actor.ts';
import { limits } from '../../contract/limits.ts';
import { Bell } from '../../db/bell.ts';
import type { ChangeSignal } from '../../db/change-signal.ts';
import type { Database } from '../../db/schema.ts';
import { type Change, type FeedPosition, comparePositions } from './change.ts';
import { readChanges } from './read.ts';

export type TailDeps = { readonly db: Database; readonly signal: ChangeSignal };

const { changesKept, changesRead } = limits.subscriptions;

/** Milliseconds between looks without a signal. A change that waits for a transaction is looked for sooner, then ever less often. */
const pause = { longest: 5_000, heldBack: 50 };

/** The newest changes of one organization, read once for all who follow it in this process, as fast as the quickest takes them. */
export class FeedTail {
  readonly #deps: TailDeps;
  readonly #actor: Actor;
  readonly #bell = new Bell();
  readonly #stopListening: () => void;
  #isStopped = false;
  #kept: readonly Change[] = [];
  #from: FeedPosition;
  #to: FeedPosition;
  #pause = 0;
  #heldBack: number = pause.heldBack;
  #looking: Promise<void> | undefined;

  /** `end` is a place behind which everything lies that nobody was told of. */
  constructor(deps: TailDeps, actor: Actor, end: FeedPosition) {
    this.#deps = deps;
    this.#actor = actor;
    this.#from = end;
    this.#to = end;
    this.#stopListening = deps.signal.listen(actor.organization.id, () => this.#bell.ring());
  }

  /** The place behind which all changes that were read are kept. */
  get from(): FeedPosition {
    return this.#from;
  }

  /** The first kept changes behind a place, which must not lie before `from`. */
  listBehind(position: FeedPosition): readonly Change[] {
    const last = this.#kept.findLastIndex((change) => comparePositions(change.position, position) <= 0);
    return this.#kept.slice(last + 1, last + 1 + changesRead);
  }

  /**
   * Looks once for what comes next behind `position`: at once while there is more, otherwise after a signal or a pause. All who
   * wait share one look; there is none where something is kept already.
   */
  async look(position: FeedPosition): Promise<void> {
    if (comparePositions(position, this.#to) < 0) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#bell.ring();
  }

  async #look(): Promise<void> {
    if (this.#pause > 0) await this.#bell.sleep(this.#pause);
    if (this.#isStopped || this.#deps.signal.isHungUp()) return;
    const page = await readChanges(this.#deps, this.#actor, { after: this.#to, first: changesRead });
    this.#keep(page.changes);
    this.#heldBack =
      page.isHeldBack && page.changes.length === 0 ? Math.min(this.#heldBack * 2, pause.longest) : pause.heldBack;
    this.#pause = page.hasNextPage ? 0 : page.isHeldBack ? this.#heldBack : pause.longest;
  }

  #keep(changes: readonly Change[]): void {
    const all = [...this.#kept, ...changes];
    this.#from = all.at(-changesKept - 1)?.position ?? this.#from;
    this.#to = changes.at(-1)?.position ?? this.#to;
    this.#kept = all.slice(-changesKept);
  }
}
