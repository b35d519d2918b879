import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { StoredImage } from '../../contract/images.ts';
import { isConnectionError, isForeignKeyViolation, isRetryable, isUniqueViolation } from '../../db/errors.ts';
import type { Database } from '../../db/schema.ts';
import type { UpsertDeps } from '../deps.ts';
import type { Stored } from '../records.ts';
import type { Ancestors } from './ancestors.ts';
import { sortErrors } from './check-item.ts';
import { discardImage, isPrepared, prepareImage, storeImage } from './images.ts';
import type { Read, UpsertModel } from './model.ts';
import type { Entry } from './rounds.ts';
import type { UpsertInput, UpsertOptions, UpsertResult, Verdict } from './types.ts';
import { inTransaction } from './transaction.ts';
import { writeChanges } from './write.ts';

type WriteVerdict<State, Row> = Extract<Verdict<State, Row>, { kind: 'write' }>;

/** A write that was judged right, and, once it is done, what it left. */
type Plan<Input, State, Row> = {
  readonly entry: Entry<Input>;
  readonly verdict: WriteVerdict<State, Row>;
};

/** After so many lost races a record is written under its lock: its turn has come. */
const patientLosses = 3;

/** Another writer was first: read, judge and write again. */
class LostRace extends Error {}

function isLostRace(error: unknown): boolean {
  return error instanceof LostRace || isUniqueViolation(error) || isForeignKeyViolation(error) || isRetryable(error);
}

/** The work on one list of items: rounds of reading, judging and writing, and the results they leave. */
export class UpsertRun<Input extends UpsertInput, State, Row extends State & Stored, Snapshot extends Read> {
  readonly results = new Map<number, UpsertResult<Row, Snapshot>>();
  readonly #model: UpsertModel<Input, State, Row, Snapshot>;
  readonly #deps: UpsertDeps;
  readonly #actor: Actor;
  readonly #keeps: boolean;

  constructor(
    model: UpsertModel<Input, State, Row, Snapshot>,
    deps: UpsertDeps,
    actor: Actor,
    { validateOnly = false }: UpsertOptions,
  ) {
    this.#keeps = !validateOnly;
    this.#model = model;
    this.#deps = deps;
    this.#actor = actor;
  }

  /** Runs entries that name different references; answers those that lost a race and must go round again. */
  async round(entries: readonly Entry<Input>[]): Promise<readonly Entry<Input>[]> {
    const snapshot = await this.#read(this.#deps.db, entries);
    const staying: Plan<Input, State, Row>[] = [];
    const locked: Entry<Input>[] = [];
    for (const entry of entries) {
      await this.#prepareImage(entry, snapshot);
      const verdict = this.#judge(entry, snapshot, snapshot.ancestors);
      if (verdict.kind !== 'write') {
        await this.#settle(entry, verdict, snapshot);
        continue;
      }
      const plan = await this.#storeImage({ entry, verdict });
      if (verdict.moves || entry.losses >= patientLosses || !this.#keeps) locked.push(entry);
      else staying.push(plan);
    }
    const lost = [...(await this.#write(staying, snapshot)), ...(await this.#writeUnderLock(locked))];
    for (const entry of lost) entry.losses += 1;
    return lost;
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
      const withError = { errors: [...errors, prepared], refused: new Set([...refused, field]) };
      entry.checked = { ...entry.checked, ...withError, image: undefined };
    }
  }

  #judge(entry: Entry<Input>, snapshot: Snapshot, ancestors: Ancestors): Verdict<State, Row> {
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
    if (plans.length === 0) return [];
    const entries = plans.map(({ entry }) => entry);
    const written = await this.#attempt(entries, () => this.#writePlans(this.#deps.db, plans));
    const lost: Entry<Input>[] = [];
    for (const [index, { entry, verdict }] of plans.entries()) {
      const row = written?.[index];
      if (row) await this.#settle(entry, verdict, snapshot, row);
      else lost.push(entry);
    }
    return lost;
  }

  #writePlans(db: Database, plans: readonly Plan<Input, State, Row>[]): Promise<readonly (Stored | undefined)[]> {
    const changes = plans.map(({ entry, verdict: { existing, next, changedFields } }) => {
      return { existing, next, changedFields, door: entry.checked.door };
    });
    return writeChanges(db, this.#actor, this.#model.target, changes);
  }

  /** What the writing answers, or undefined where it lost a race and nothing was written. */
  async #attempt<Answer>(entries: readonly Entry<Input>[], write: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await write();
    } catch (error) {
      if (isLostRace(error)) return undefined;
      for (const entry of entries) entry.isInDoubt = isConnectionError(error);
      throw error;
    }
  }

  /**
   * Judges again and writes where nobody else can be first: changes of hierarchy under the organization's lock, in effect
   * one after another (ruling 35), and records that lost race after race under their own. What is only tried goes this
   * way too, and is taken back.
   */
  async #writeUnderLock(entries: readonly Entry<Input>[]): Promise<readonly Entry<Input>[]> {
    if (entries.length === 0) return [];
    const written = await this.#attempt(entries, () =>
      inTransaction(this.#deps.db, this.#keeps, async (trx) => {
        await this.#lock(trx, entries);
        return this.#judgeAndWrite(trx, entries);
      }),
    );
    for (const { entry, verdict, row } of written?.settled ?? []) {
      if (written) await this.#settle(entry, verdict, written.snapshot, row);
    }
    return written ? [] : entries;
  }

  async #lock(trx: Database, entries: readonly Entry<Input>[]): Promise<void> {
    const { id } = this.#actor.organization;
    const references = entries.map(({ checked }) => checked.input.reference);
    await sql`select from organizations where id = ${id} for no key update`.execute(trx);
    await sql`
      select from ${sql.ref(this.#model.target.table)}
      where organization_id = ${id} and reference = any (${references}::text[]) order by id for no key update
    `.execute(trx);
  }

  async #judgeAndWrite(trx: Database, entries: readonly Entry<Input>[]) {
    const snapshot = await this.#read(trx, entries);
    const ancestors = new Map(snapshot.ancestors);
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
    const written = plans.length > 0 ? await this.#writePlans(trx, plans) : [];
    if (written.includes(undefined)) throw new LostRace();
    const rows = new Map(plans.map(({ entry }, index) => [entry, written[index]]));
    return { snapshot, settled: judged.map((each) => ({ ...each, row: rows.get(each.entry) })) };
  }

  /** Files the result of a verdict, which for a write has been carried out, and removes the files nothing names any more. */
  async #settle(entry: Entry<Input>, verdict: Verdict<State, Row>, related: Snapshot, written?: Stored): Promise<void> {
    if (verdict.kind === 'refused') {
      this.refuse(entry, verdict.errors);
      return this.discardImage(entry);
    }
    const { warnings } = verdict;
    if (verdict.kind === 'unchanged') {
      const unchanged = {
        outcome: 'unchanged',
        record: verdict.record,
        previous: verdict.record,
        changedFields: [],
      } as const;
      this.results.set(entry.index, { ok: true, ...unchanged, warnings, related });
      return this.discardImage(entry);
    }
    if (!written) throw new Error('A change was settled before it was written.');
    const { existing, next, changedFields } = verdict;
    const record = this.#model.toRow(next, written);
    const outcome = existing ? 'updated' : 'created';
    this.results.set(entry.index, { ok: true, record, previous: existing, outcome, changedFields, warnings, related });
    const kept = this.#model.image.ofState(next)?.path;
    const before: StoredImage | null = existing ? this.#model.image.ofState(existing) : null;
    if (before && before.path !== kept) await discardImage(this.#deps, before);
    if (entry.stored && entry.stored.path !== kept) await this.discardImage(entry);
  }
}
