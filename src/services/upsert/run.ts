import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { StoredImage } from '../../contract/images.ts';
import { isForeignKeyViolation, isRetryable, isUniqueViolation } from '../../db/errors.ts';
import type { Database } from '../../db/schema.ts';
import type { UpsertDeps } from '../deps.ts';
import type { Stored } from '../records.ts';
import { readAncestors } from './ancestors.ts';
import { sortErrors } from './check-item.ts';
import { discardImage, isPrepared, prepareImage, storeImage } from './images.ts';
import type { Ancestors, UpsertModel } from './model.ts';
import type { Entry } from './rounds.ts';
import type { UpsertInput, UpsertResult, Verdict } from './types.ts';
import { writeChanges } from './write.ts';

type WriteVerdict<State, Row> = Extract<Verdict<State, Row>, { kind: 'write' }>;

/** A write that was judged right, and, once it is done, what it left. */
type Plan<Input, State, Row> = {
  readonly entry: Entry<Input>;
  readonly verdict: WriteVerdict<State, Row>;
};

/** Another writer was first: read, judge and write again. */
class LostRace extends Error {}

function isLostRace(error: unknown): boolean {
  return error instanceof LostRace || isUniqueViolation(error) || isForeignKeyViolation(error) || isRetryable(error);
}

/** The work on one list of items: rounds of reading, judging and writing, and the results they leave. */
export class UpsertRun<Input extends UpsertInput, State, Row extends State & Stored, Snapshot> {
  readonly results = new Map<number, UpsertResult<Row, Snapshot>>();
  readonly #model: UpsertModel<Input, State, Row, Snapshot>;
  readonly #deps: UpsertDeps;
  readonly #actor: Actor;

  constructor(model: UpsertModel<Input, State, Row, Snapshot>, deps: UpsertDeps, actor: Actor) {
    this.#model = model;
    this.#deps = deps;
    this.#actor = actor;
  }

  /** Runs entries that name different references; answers those that lost a race and must go round again. */
  async round(entries: readonly Entry<Input>[]): Promise<readonly Entry<Input>[]> {
    const snapshot = await this.#read(this.#deps.db, entries);
    await Promise.all(entries.map((entry) => this.#prepareImage(entry, snapshot)));
    const plans: Plan<Input, State, Row>[] = [];
    for (const entry of entries) {
      const verdict = this.#judge(entry, snapshot);
      if (verdict.kind === 'write') plans.push({ entry, verdict });
      else await this.#settle(entry, verdict, snapshot);
    }
    const ready = await Promise.all(plans.map((plan) => this.#storeImage(plan)));
    const moving = ready.filter(({ verdict }) => verdict.moves).map(({ entry }) => entry);
    const staying = ready.filter(({ verdict }) => !verdict.moves);
    return [...(await this.#write(staying, snapshot)), ...(await this.#move(moving))];
  }

  /** Refuses an item for what is wrong with it, in the order of ruling 5. */
  refuse(entry: Entry<Input>, errors = entry.checked.errors): void {
    this.results.set(entry.index, { ok: false, errors: sortErrors(errors, this.#model.parameters) });
  }

  /** Takes back the files of an entry that will not be written. */
  async discardImage(entry: Entry<Input>): Promise<void> {
    if (entry.stored) await discardImage(this.#deps, entry.stored);
    delete entry.stored;
  }

  #read(db: Database, entries: readonly Entry<Input>[]): Promise<Snapshot> {
    return this.#model.read(
      db,
      this.#actor,
      entries.map(({ checked }) => checked.input),
    );
  }

  async #prepareImage(entry: Entry<Input>, snapshot: Snapshot): Promise<void> {
    const { image, input, errors, refused } = entry.checked;
    if (!image || entry.prepared) return;
    const { field, ofState } = this.#model.image;
    const existing = this.#model.find(snapshot, input.reference);
    const prepared = await prepareImage(this.#deps, image, existing ? ofState(existing) : null, field);
    if (isPrepared(prepared)) entry.prepared = prepared;
    else if (prepared !== 'same') {
      entry.checked = { input, errors: [...errors, prepared], refused: new Set([...refused, field]), image: undefined };
    }
  }

  #judge(entry: Entry<Input>, snapshot: Snapshot, ancestors?: Ancestors): Verdict<State, Row> {
    const { prepared, stored } = entry;
    const newImage = stored ?? (prepared && { ...prepared.size, sha256: prepared.sha256, path: '' });
    return this.#model.judge(entry.checked, snapshot, { actor: this.#actor, newImage, ancestors });
  }

  /** Whether the verdict names the new image before its files are written. */
  #awaitsImage({ next }: WriteVerdict<State, Row>): boolean {
    return this.#model.image.ofState(next)?.path === '';
  }

  async #storeImage({ entry, verdict }: Plan<Input, State, Row>): Promise<Plan<Input, State, Row>> {
    if (!entry.prepared || !this.#awaitsImage(verdict)) return { entry, verdict };
    const { folder, into } = this.#model.image;
    entry.stored = await storeImage(this.#deps, this.#actor.organization, folder, entry.prepared);
    return { entry, verdict: { ...verdict, next: into(verdict.next, entry.stored) } };
  }

  async #write(plans: readonly Plan<Input, State, Row>[], snapshot: Snapshot): Promise<readonly Entry<Input>[]> {
    const written = await this.#tryWriting(() => this.#writePlans(this.#deps.db, plans));
    const lost: Entry<Input>[] = [];
    for (const [index, { entry, verdict }] of plans.entries()) {
      const row = written?.[index];
      if (row) await this.#settle(entry, verdict, snapshot, row);
      else lost.push(entry);
    }
    return lost;
  }

  #writePlans(db: Database, plans: readonly Plan<Input, State, Row>[]): Promise<readonly (Stored | undefined)[]> {
    if (plans.length === 0) return Promise.resolve([]);
    const changes = plans.map(({ verdict: { existing, next } }) => ({ existing, next }));
    return writeChanges(db, this.#actor.organization.id, this.#model.target, changes);
  }

  /** What `write` answers, or undefined where it lost a race and nothing was written. */
  async #tryWriting<Answer>(write: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await write();
    } catch (error) {
      if (isLostRace(error)) return undefined;
      throw error;
    }
  }

  /** Changes of hierarchy, in effect one after another: judged again and written under the organization's lock (ruling 35). */
  async #move(entries: readonly Entry<Input>[]): Promise<readonly Entry<Input>[]> {
    if (entries.length === 0) return [];
    const moved = await this.#tryWriting(() =>
      this.#deps.db.transaction().execute((trx) => this.#moveUnderLock(trx, entries)),
    );
    if (!moved) return entries;
    for (const { entry, verdict, written } of moved.settled) {
      await this.#settle(entry, verdict, moved.snapshot, written);
    }
    return [];
  }

  async #moveUnderLock(trx: Database, entries: readonly Entry<Input>[]) {
    const { id } = this.#actor.organization;
    await sql`select from organizations where id = ${id} for no key update`.execute(trx);
    const snapshot = await this.#read(trx, entries);
    const ancestors = new Map(await this.#readAncestors(trx, entries, snapshot));
    const judged = entries.map((entry) => {
      const verdict = this.#judge(entry, snapshot, ancestors);
      if (verdict.kind === 'write' && verdict.existing) {
        ancestors.set(verdict.existing.id, this.#model.parentOf(verdict.next));
      }
      return { entry, verdict };
    });
    const plans = judged.flatMap(({ entry, verdict }) => (verdict.kind === 'write' ? [{ entry, verdict }] : []));
    // What is judged here rests on every earlier move being written: all of them, or none.
    if (plans.some(({ verdict }) => this.#awaitsImage(verdict))) throw new LostRace();
    const written = await this.#writePlans(trx, plans);
    if (written.includes(undefined)) throw new LostRace();
    const rows = new Map(plans.map(({ entry }, index) => [entry, written[index]]));
    return { snapshot, settled: judged.map((each) => ({ ...each, written: rows.get(each.entry) })) };
  }

  #readAncestors(trx: Database, entries: readonly Entry<Input>[], snapshot: Snapshot): Promise<Ancestors> {
    const parents = entries.flatMap((entry) => {
      const verdict = this.#judge(entry, snapshot);
      return (verdict.kind === 'write' && this.#model.parentOf(verdict.next)) || [];
    });
    return readAncestors(trx, this.#model.target.table, this.#actor.organization.id, parents);
  }

  /** Files the result of a verdict, which for a write has been carried out, and removes the files nothing names any more. */
  async #settle(entry: Entry<Input>, verdict: Verdict<State, Row>, related: Snapshot, written?: Stored): Promise<void> {
    if (verdict.kind === 'refused') {
      this.refuse(entry, verdict.errors);
      return this.discardImage(entry);
    }
    const { warnings } = verdict;
    if (verdict.kind === 'unchanged') {
      const unchanged = { outcome: 'unchanged', record: verdict.record, changedFields: [] } as const;
      this.results.set(entry.index, { ok: true, ...unchanged, warnings, related });
      return this.discardImage(entry);
    }
    if (!written) throw new Error('A change was settled before it was written.');
    const { existing, next, changedFields } = verdict;
    const record = this.#model.toRow(next, written);
    const outcome = existing ? 'updated' : 'created';
    this.results.set(entry.index, { ok: true, record, outcome, changedFields, warnings, related });
    const kept = this.#model.image.ofState(next)?.path;
    const before: StoredImage | null = existing ? this.#model.image.ofState(existing) : null;
    if (before && before.path !== kept) await discardImage(this.#deps, before);
    if (entry.stored && entry.stored.path !== kept) await this.discardImage(entry);
  }
}
