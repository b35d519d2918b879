import { setTimeout as delay } from 'node:timers/promises';
import type { OrganizationIdentity } from '../../actor.ts';
import { type UpsertError, texts } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import {
  isConnectionError,
  isForeignKeyViolation,
  isLockTimeout,
  isRetryable,
  isUniqueViolation,
} from '../../db/errors.ts';
import { inOrganization } from '../../db/organization.ts';
import type { Database } from '../../db/schema.ts';
import type { Patience, UpsertDeps } from '../deps.ts';
import { ServiceUnavailableError, tellDatabaseAway } from '../errors.ts';
import type { Stored } from '../records.ts';
import { sortErrors } from './check-item.ts';
import { EntryImages } from './entry-images.ts';
import { type Entry, type Settled, type Submission, createEntry, isNamed } from './entry.ts';
import { abortOthers, refuseUnread } from './all-or-none.ts';
import { fateOf } from './fate.ts';
import { lockRecords } from './lock.ts';
import type { Kind, ResultOf, RowOf, UpsertModel } from './model.ts';
import { findEntangled } from './rounds.ts';
import { type Judged, type Sight, findDone, judgeInOrder, look } from './sight.ts';
import { addRow } from './relations.ts';
import { inTransaction } from './transaction.ts';
import type { UpsertOptions, WriteVerdict } from './types.ts';

/** A change that was judged right. */
type Plan<K extends Kind> = Judged<K> & { readonly verdict: WriteVerdict<K['state'], RowOf<K>> };

/** Where no record is answered, results need not bring in `related` what their records name. */
type EngineOptions = UpsertOptions & { readonly withRelated?: boolean };

/** After so many lost races a record is written under its lock: its turn has come. */
const patientLosses = 3;

/** How long a database that could not be reached is left alone, in milliseconds. */
const outagePause = 100;

/** Another writer was first: read, judge and write again. */
class LostRace extends Error {}

function isLostRace(error: unknown): boolean {
  return error instanceof LostRace || isUniqueViolation(error) || isForeignKeyViolation(error) || isRetryable(error);
}

function isWrite<K extends Kind>(judged: Judged<K>): judged is Plan<K> {
  return judged.verdict.kind === 'write';
}

/** One way to try entries: how it is run, what becomes of those still open when it fails, and whose fate nobody knows. */
type Attempt<K extends Kind> = {
  readonly run: () => Promise<readonly Entry<K>[]>;
  readonly fail: (open: readonly Entry<K>[], error: unknown) => Promise<readonly Entry<K>[]>;
  readonly isInDoubt: (entry: Entry<K>) => boolean;
};

/** The same world, where files are taken and not kept. */
function withoutKeepingFiles(deps: UpsertDeps): UpsertDeps {
  const blobs = { ...deps.blobs, create: () => Promise.resolve(true), delete: () => Promise.resolve() };
  return { ...deps, blobs };
}

/**
 * Upserts records of one kind, a round at a time: one reading and one writing statement for any number of entries
 * (design.md). Nothing is locked while JavaScript runs, but for changes of hierarchy, for renames of what others of a
 * round need, for what has lost race after race, and for what is only tried. With `validateOnly` everything is done and
 * nothing is kept; new ids are then examples.
 */
export class UpsertEngine<K extends Kind> {
  readonly model: UpsertModel<K>;
  readonly #deps: UpsertDeps;
  readonly #images: EntryImages<K>;
  readonly #keeps: boolean;
  readonly #withRelated: boolean;
  readonly #patience: Patience;

  constructor(
    model: UpsertModel<K>,
    deps: UpsertDeps,
    { validateOnly = false, withRelated = true }: EngineOptions = {},
  ) {
    this.#withRelated = withRelated;
    this.#patience = deps.patience ?? limits.upserts.patienceMillis;
    this.model = model;
    this.#keeps = !validateOnly;
    this.#deps = validateOnly ? withoutKeepingFiles(deps) : deps;
    this.#images = new EntryImages(this.#deps, model.image);
  }

  /**
   * Settles entries that use different references, each as soon as its fate is known, and answers those that must go round
   * again: they lost a race, or the database could not be reached. Never throws: what keeps an entry from its result
   * becomes its failure, and no neighbour's; every entry is written whole or not at all.
   */
  round(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<readonly Entry<K>[]> {
    return this.#try(entries, {
      run: () => this.#run(organization, entries),
      fail: (open, error) => this.#splitUp(organization, open, error),
      isInDoubt: ({ doubt }) => doubt !== undefined,
    });
  }

  /**
   * Like `round`, but in one transaction: where an entry is refused nothing is written, and those that nothing is wrong
   * with are refused as aborted. Either all or none go round again, and a failure is that of all.
   */
  roundAllOrNone(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<readonly Entry<K>[]> {
    return this.#try(entries, {
      run: () => this.#runAllOrNone(organization, entries),
      fail: (open, error) => this.#giveUp(open, error),
      isInDoubt: () => entries.some(({ doubt }) => doubt !== undefined),
    });
  }

  /** Checks an item and makes an entry of it. */
  admit(submission: Submission<K>): Entry<K> {
    return createEntry(this.model, submission);
  }

  /** Gives an entry up, and takes back its files. */
  async abandon(entry: Entry<K>, failure: unknown): Promise<void> {
    await this.#images.discard(entry);
    this.#settle(entry, { failure });
  }

  /** In the order of ruling 5. */
  #refuse(entry: Entry<K>, errors: readonly UpsertError[]): void {
    this.#settle(entry, { result: { ok: false, errors: sortErrors(errors, this.model.parameters) } });
  }

  #databaseOf({ id }: OrganizationIdentity): Database {
    return inOrganization(this.#deps.db, id);
  }

  #look(db: Database, { id }: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<Sight<K>> {
    return look(this.model, db, id, entries, { withRelated: this.#withRelated });
  }

  #settle(entry: Entry<K>, settled: Settled<ResultOf<K>>): void {
    entry.isSettled = true;
    if (this.#keeps) this.#deps.monitor?.countFate(this.model.table, entry.checked.door, fateOf(settled));
    entry.settle(settled);
  }

  async #try(entries: readonly Entry<K>[], { run, fail, isInDoubt }: Attempt<K>): Promise<readonly Entry<K>[]> {
    const begun = performance.now();
    for (const entry of entries) entry.triedSince ??= begun;
    try {
      const lost = await run();
      for (const entry of lost) entry.losses += 1;
      return await this.#concede(lost, this.#patience.races, () => texts.tooManyWriters);
    } catch (error) {
      const open = entries.filter(({ isSettled }) => !isSettled);
      if (!isConnectionError(error)) return fail(open, error);
      await delay(outagePause);
      const why = (entry: Entry<K>) => (isInDoubt(entry) ? texts.fateUnknown : texts.databaseAway);
      return this.#concede(open, this.#patience.outages, why);
    }
  }

  /** Those that may still go round again; the others are told why they can't. */
  async #concede(
    entries: readonly Entry<K>[],
    limit: number,
    why: (entry: Entry<K>) => string,
  ): Promise<readonly Entry<K>[]> {
    const oldest = performance.now() - limit;
    const given = entries.filter(({ triedSince = 0 }) => triedSince < oldest);
    await Promise.all(given.map((entry) => this.abandon(entry, new ServiceUnavailableError(why(entry)))));
    return entries.filter(({ isSettled }) => !isSettled);
  }

  /** Finds the guilty one by halves; not where that took too long already. */
  async #splitUp(
    organization: OrganizationIdentity,
    entries: readonly Entry<K>[],
    error: unknown,
  ): Promise<readonly Entry<K>[]> {
    const elapsed = performance.now() - (entries[0]?.triedSince ?? 0);
    const { races, outages } = this.#patience;
    const limit = isLockTimeout(error) ? races : outages;
    if (entries.length === 1 || elapsed >= limit || this.#mayPart(entries, error)) return this.#giveUp(entries, error);
    const half = Math.ceil(entries.length / 2);
    const lost = await this.round(organization, entries.slice(0, half));
    return [...lost, ...(await this.round(organization, entries.slice(half)))];
  }

  /** Whether it is the first time that these wait for a lock: next time each may go by itself, and none wait for another. */
  #mayPart(entries: readonly Entry<K>[], error: unknown): boolean {
    return isLockTimeout(error) && entries.some(({ isHeldUp }) => !isHeldUp);
  }

  /** What waits for a lock goes round again; anything else is the entries' end. */
  async #giveUp(entries: readonly Entry<K>[], error: unknown): Promise<readonly Entry<K>[]> {
    if (isLockTimeout(error)) {
      for (const entry of entries) entry.isHeldUp = true;
      return this.#concede(entries, this.#patience.races, () => texts.tooManyWriters);
    }
    await Promise.all(entries.map((entry) => this.abandon(entry, tellDatabaseAway(error))));
    return [];
  }

  async #run(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<readonly Entry<K>[]> {
    const named = this.#refuseNameless(entries);
    if (named.length === 0) return [];
    const sight = await this.#look(this.#databaseOf(organization), organization, named);
    await this.#settleDone(sight);
    await this.#prepareImages(sight);
    const staying: Plan<K>[] = [];
    const locked: Entry<K>[] = [];
    const entangled = findEntangled(sight.entries);
    for (const judged of this.#judge(sight)) {
      if (!isWrite(judged)) await this.#finish(judged, sight.snapshot);
      else {
        const plan = await this.#storeImage(organization, judged);
        if (!plan) continue;
        const { entry, verdict } = judged;
        const isContested = verdict.moves || entangled.has(entry) || entry.losses >= patientLosses;
        if (isContested || !this.#keeps) locked.push(entry);
        else staying.push(plan);
      }
    }
    const lost = await this.#write(organization, staying, sight.snapshot);
    return [...lost, ...(await this.#writeUnderLock(organization, locked))];
  }

  async #runAllOrNone(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<readonly Entry<K>[]> {
    if (await this.#settleCommitted(organization, entries)) {
      return this.#run(
        organization,
        entries.filter(({ isSettled }) => !isSettled),
      );
    }
    const named = entries.filter(isNamed);
    if (named.length === 0) return this.#refuseNameless(entries);
    const nameless = entries.filter((entry) => !isNamed(entry)).map(refuseUnread);
    const judge = (sight: Sight<K>) => abortOthers([...nameless, ...this.#judge(sight)]);
    const lost = await this.#writeUnderLock(organization, named, judge);
    return lost.length > 0 ? entries : [];
  }

  /**
   * Whether the transaction that was in doubt had been committed; settles those of whom that can be told. The others have
   * been changed by other writers since, or were to stay as they are.
   */
  async #settleCommitted(organization: OrganizationIdentity, entries: readonly Entry<K>[]): Promise<boolean> {
    if (!entries.some(({ doubt }) => doubt)) return false;
    const sight = await this.#databaseOf(organization)
      .transaction()
      .execute(async (trx) => {
        // Waits for that transaction, should the server still have it.
        await lockRecords(trx, organization.id, this.model.table, entries);
        return this.#look(trx, organization, entries);
      });
    await this.#settleDone(sight);
    return entries.some(({ isSettled }) => isSettled);
  }

  #refuseNameless(entries: readonly Entry<K>[]): readonly Entry<K>[] {
    for (const entry of entries) if (!isNamed(entry)) this.#refuse(entry, entry.checked.errors);
    return entries.filter(isNamed);
  }

  /** Settles the entries in doubt that turn out to have been written. */
  async #settleDone({ entries, snapshot }: Sight<K>): Promise<void> {
    for (const entry of entries) {
      const { doubt } = entry;
      const row = doubt && findDone(this.model, doubt, snapshot);
      if (row) await this.#finish({ entry, verdict: doubt, newId: undefined }, snapshot, row);
    }
  }

  /** An image that cannot be taken now is its own entry's failure. */
  async #prepareImages({ entries, snapshot }: Sight<K>): Promise<void> {
    const { byReference } = this.model.rowsOf(snapshot);
    for (const entry of entries) {
      if (entry.isSettled || !entry.checked.image) continue;
      try {
        await this.#images.prepare(entry, byReference.get(entry.checked.input.reference));
      } catch (error) {
        await this.abandon(entry, error);
      }
    }
  }

  #judge(sight: Sight<K>): readonly Judged<K>[] {
    const open = sight.entries.filter(({ isSettled }) => !isSettled);
    return judgeInOrder(this.model, { ...sight, entries: open }, (entry) => this.#images.describe(entry));
  }

  async #storeImage(organization: OrganizationIdentity, plan: Plan<K>): Promise<Plan<K> | undefined> {
    const { entry, verdict } = plan;
    if (!entry.prepared) return plan;
    try {
      return { ...plan, verdict: await this.#images.store(entry, verdict, organization) };
    } catch (error) {
      await this.abandon(entry, error);
      return undefined;
    }
  }

  async #write(
    organization: OrganizationIdentity,
    plans: readonly Plan<K>[],
    snapshot: K['snapshot'],
  ): Promise<readonly Entry<K>[]> {
    if (plans.length === 0) return [];
    const written = await this.#attempt(plans, () =>
      this.#writePlans(this.#databaseOf(organization), organization.id, plans),
    );
    if (written) this.#announce(organization);
    const lost: Entry<K>[] = [];
    const finishing: Promise<void>[] = [];
    plans.forEach((plan, index) => {
      const stored = written?.[index];
      if (stored) finishing.push(this.#finish(plan, snapshot, stored));
      else lost.push(plan.entry);
    });
    await Promise.all(finishing);
    return lost;
  }

  #writePlans(
    db: Database,
    organizationId: number,
    plans: readonly Plan<K>[],
  ): Promise<readonly (Stored | undefined)[]> {
    const changes = plans.map(({ entry, newId, verdict: { existing, next, changedFields } }) => {
      return { existing, next, newId, changedFields, door: entry.checked.door, userId: entry.userId };
    });
    return this.model.write(db, organizationId, changes);
  }

  #announce(organization: OrganizationIdentity): void {
    if (this.#keeps) this.#deps.signal?.announce(organization.id);
  }

  /** What the writing answers, or undefined where it lost a race and nothing was written. */
  async #attempt<Answer>(plans: readonly Plan<K>[], write: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await write();
    } catch (error) {
      if (isLostRace(error)) return undefined;
      if (isConnectionError(error) && this.#keeps) for (const { entry, verdict } of plans) entry.doubt = verdict;
      throw error;
    }
  }

  /**
   * Judges again and writes where nobody else can be first: changes of hierarchy under the organization's lock, in effect
   * one after another (ruling 35), renames together with what needs the old reference, and records that lost race after
   * race under their own. What is only tried goes this way too, and is taken back.
   */
  async #writeUnderLock(
    organization: OrganizationIdentity,
    entries: readonly Entry<K>[],
    judge = (sight: Sight<K>) => this.#judge(sight),
  ): Promise<readonly Entry<K>[]> {
    if (entries.length === 0) return [];
    const plans: Plan<K>[] = [];
    const work = async (trx: Database) => {
      await lockRecords(trx, organization.id, this.model.table, entries);
      const sight = await this.#look(trx, organization, entries);
      const judged = judge(sight);
      plans.push(...judged.filter(isWrite));
      const written = await this.#writeAll(trx, organization.id, plans);
      const settled = judged.map((each) => ({ judged: each, stored: written.get(each.entry) }));
      return { snapshot: sight.snapshot, settled };
    };
    const keeps = () => this.#keeps;
    const written = await this.#attempt(plans, () => inTransaction(this.#databaseOf(organization), keeps, work));
    if (!written) return entries;
    this.#announce(organization);
    const { settled, snapshot } = written;
    await Promise.all(settled.map(({ judged, stored }) => this.#finish(judged, snapshot, stored)));
    return [];
  }

  /** Writes all of them or, since what is judged under the lock rests on every earlier move being written, none. */
  async #writeAll(
    trx: Database,
    organizationId: number,
    plans: readonly Plan<K>[],
  ): Promise<ReadonlyMap<Entry<K>, Stored | undefined>> {
    if (plans.some(({ verdict }) => this.#images.isAwaitedBy(verdict.next))) throw new LostRace();
    const written = plans.length > 0 ? await this.#writePlans(trx, organizationId, plans) : [];
    if (written.includes(undefined)) throw new LostRace();
    return new Map(plans.map(({ entry }, index) => [entry, written[index]]));
  }

  /** Settles an entry as it was judged, a write once it is carried out and the files that nothing names any more are gone. */
  async #finish({ entry, verdict, newId }: Judged<K>, related: K['snapshot'], stored?: Stored): Promise<void> {
    if (verdict.kind !== 'write' && entry.stored) await this.#images.discard(entry);
    if (verdict.kind === 'refused') {
      this.#refuse(entry, verdict.errors);
      return;
    }
    const { warnings } = verdict;
    if (verdict.kind === 'unchanged') {
      const { record } = verdict;
      const outcome = 'unchanged';
      const result = { ok: true, outcome, record, previous: record, changedFields: [], warnings, related } as const;
      this.#settle(entry, { result });
      return;
    }
    if (!stored) throw new Error('A change was settled before it was written.');
    // Nobody wrote this version before: whatever was in doubt was not done.
    delete entry.doubt;
    const { existing, next, changedFields } = verdict;
    if (this.#images.hasUnnamed(entry, existing, next)) await this.#images.removeUnnamed(entry, existing, next);
    // The state is ours alone by now, and a copy of its forty fields would cost more than all of the above.
    const record: RowOf<K> = Object.assign(next, stored);
    if (newId !== undefined) addRow(this.model.rowsOf(related), record);
    const outcome = existing ? 'updated' : 'created';
    const result = { ok: true, outcome, record, previous: existing, changedFields, warnings, related } as const;
    this.#settle(entry, { result });
  }
}
