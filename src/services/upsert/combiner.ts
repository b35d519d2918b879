import { setTimeout as delay } from 'node:timers/promises';
import type { Actor, OrganizationIdentity } from '../../actor.ts';
import { texts } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import type { Load } from '../../monitor.ts';
import type { UpsertDeps } from '../deps.ts';
import { CallerGoneError, ServiceUnavailableError } from '../errors.ts';
import type { UpsertEngine } from './engine.ts';
import type { Entry, HasLeft, Settled } from './entry.ts';
import { jitter, requireResult } from './list.ts';
import type { Kind, ResultOf } from './model.ts';
import { takeRound } from './rounds.ts';
import type { UpsertItem } from './types.ts';

/** How much a combiner does at once; `organization` is for each of them, `process` for all together. */
export type CombinerLimits = {
  /** Calls in one write. */
  readonly batch: number;
  /** Writes under way. */
  readonly writes: { readonly organization: number; readonly process: number };
  /** Calls that wait or are under way. */
  readonly calls: { readonly organization: number; readonly process: number };
  /** Of those with an image, which are written one by one beside the others. */
  readonly images: { readonly writes: number; readonly calls: number };
};

/** What a combiner may be made with; `limits` differ from the usual ones. */
export type CombinerOptions = {
  readonly limits?: Partial<CombinerLimits>;
  /** Who is told of its writes. */
  readonly watching?: Pick<UpsertDeps, 'monitor' | 'tracer'>;
};

/** What one organization has waiting and under way. */
class Lane<K extends Kind> {
  readonly organization: OrganizationIdentity;
  waiting: Entry<K>[] = [];
  /** The names that entries under way use, each with the turn of its one entry; see `Crowd` for why not with the entry itself. */
  readonly busy = new Map<string, number>();
  turns = 0;
  writes = 0;
  /** Calls in those writes. */
  writing = 0;
  calls = 0;

  constructor(organization: OrganizationIdentity) {
    this.organization = organization;
  }
}

function hasImage<K extends Kind>(entry: Entry<K>): boolean {
  return entry.checked.image !== undefined;
}

/** Whether others would have to wait for it: for its picture, or for what it waits for itself. */
function goesAlone<K extends Kind>(entry: Entry<K>): boolean {
  return hasImage(entry) || entry.isHeldUp === true;
}

/**
 * Writes single calls together: while writes are under way the next calls gather, then go in one (design.md). There are no
 * timers, so a lone call waits for nobody. A write goes beside others only when as many calls have gathered: each costs
 * something of its own, and those that take turns let the database work while the answers of the last are made. Calls of one
 * reference take effect in the order in which they came; one with an image, or one that waits for a lock, goes by itself, so
 * that nobody waits for it. Organizations take turns.
 */
export class UpsertCombiner<K extends Kind> {
  readonly #engine: UpsertEngine<K>;
  readonly #limits: CombinerLimits;
  readonly #watching: Pick<UpsertDeps, 'monitor' | 'tracer'>;
  /** Of the organizations that have calls, in the order of their turns. */
  readonly #lanes = new Map<number, Lane<K>>();
  #writes = 0;
  #calls = 0;
  #loneWrites = 0;
  readonly #imageCalls = new Set<Entry<K>>();
  #isScheduled = false;

  constructor(engine: UpsertEngine<K>, { limits: others, watching = {} }: CombinerOptions = {}) {
    this.#engine = engine;
    this.#limits = { ...limits.upserts.single, ...others };
    this.#watching = watching;
  }

  /** How many calls wait, and how many are being written. */
  load(): Load {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.waiting.length;
    return { waiting, running: this.#calls - waiting };
  }

  /**
   * Upserts one item. Throws a ServiceUnavailableError where too much waits already, and whatever kept the item from a
   * result, such as a CallerGoneError where `hasLeft` before its turn, when nothing is written.
   */
  async upsert(actor: Actor, item: UpsertItem<K['input']>, hasLeft?: HasLeft): Promise<ResultOf<K>> {
    const lane = this.#laneOf(actor.organization);
    const { organization, process } = this.#limits.calls;
    if (lane.calls >= organization || this.#calls >= process) throw new ServiceUnavailableError(texts.tooManyCalls);
    const origin = this.#watching.tracer?.findPlace();
    const settled = await new Promise<Settled<ResultOf<K>>>((resolve) => {
      const settle = (fate: Settled<ResultOf<K>>) => {
        this.#leave(lane, entry);
        // First the next write goes on its way, then the answers are made.
        setImmediate(resolve, fate);
      };
      const entry = this.#engine.admit({ item, userId: actor.userId, hasLeft, settle, origin });
      this.#enter(lane, entry);
    });
    return requireResult(settled);
  }

  #laneOf(organization: OrganizationIdentity): Lane<K> {
    return this.#lanes.get(organization.id) ?? new Lane(organization);
  }

  #enter(lane: Lane<K>, entry: Entry<K>): void {
    this.#lanes.set(lane.organization.id, lane);
    lane.calls += 1;
    this.#calls += 1;
    if (hasImage(entry)) this.#imageCalls.add(entry);
    if (this.#imageCalls.size > this.#limits.images.calls) {
      void this.#engine.abandon(entry, new ServiceUnavailableError(texts.tooManyImages));
      return;
    }
    lane.waiting.push(entry);
    this.#schedule();
  }

  #leave(lane: Lane<K>, entry: Entry<K>): void {
    lane.calls -= 1;
    this.#calls -= 1;
    this.#imageCalls.delete(entry);
    this.#release(lane, entry);
    if (lane.calls === 0) this.#lanes.delete(lane.organization.id);
  }

  #release(lane: Lane<K>, entry: Entry<K>): void {
    for (const name of entry.names.own) if (lane.busy.get(name) === entry.turn) lane.busy.delete(name);
  }

  /** What comes in by the same turn of the event loop goes together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startAll();
    });
  }

  /** Starts what may be started, each organization a write in its turn. */
  #startAll(): void {
    for (let started = true; started;) {
      started = false;
      for (const lane of [...this.#lanes.values()]) {
        if (!this.#start(lane)) continue;
        started = true;
        this.#lanes.delete(lane.organization.id);
        this.#lanes.set(lane.organization.id, lane);
      }
    }
  }

  #start(lane: Lane<K>): boolean {
    const { batch, writes, images } = this.#limits;
    const isFree = lane.writes < writes.organization && this.#writes < writes.process;
    const isDue = isFree && lane.waiting.length >= lane.writing;
    if (isDue && this.#take(lane, batch, (entry) => !goesAlone(entry))) return true;
    return this.#loneWrites < images.writes && this.#take(lane, 1, goesAlone);
  }

  #take(lane: Lane<K>, most: number, suits: (entry: Entry<K>) => boolean): boolean {
    if (lane.waiting.length === 0) return false;
    const { round, later } = takeRound(lane.waiting, { busy: lane.busy, most, suits });
    lane.waiting = [...later];
    const wanted: Entry<K>[] = [];
    for (const entry of round) {
      if (entry.hasLeft?.()) void this.#engine.abandon(entry, new CallerGoneError());
      else wanted.push(entry);
    }
    if (wanted.length > 0) void this.#write(lane, wanted);
    return round.length > 0;
  }

  async #write(lane: Lane<K>, entries: readonly Entry<K>[]): Promise<void> {
    for (const entry of entries) {
      entry.turn = lane.turns += 1;
      for (const name of entry.names.own) lane.busy.set(name, entry.turn);
    }
    const free = this.#occupy(lane, entries);
    const lost = await this.#round(lane.organization, entries);
    free();
    this.#startAll();
    if (lost.length === 0) return;
    await delay(jitter(lost));
    for (const entry of lost) this.#release(lane, entry);
    lane.waiting = [...lost, ...lane.waiting];
    this.#schedule();
  }

  #round(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<readonly Entry<K>[]> {
    const { monitor, tracer } = this.#watching;
    const kind = this.#engine.model.table;
    monitor?.countBatch(kind, entries.length);
    const round = () => this.#engine.round(organization, entries);
    if (!tracer) return round();
    const origins = entries.flatMap(({ origin }) => origin ?? []);
    return tracer.trace({ name: 'upsert batch', attributes: { kind, size: entries.length }, origins }, round);
  }

  /** Counts a write in, and answers how to count it out again. */
  #occupy(lane: Lane<K>, entries: readonly Entry<K>[]): () => void {
    if (entries.some(goesAlone)) {
      this.#loneWrites += 1;
      return () => (this.#loneWrites -= 1);
    }
    lane.writes += 1;
    lane.writing += entries.length;
    this.#writes += 1;
    return () => {
      lane.writes -= 1;
      lane.writing -= entries.length;
      this.#writes -= 1;
    };
  }
}
