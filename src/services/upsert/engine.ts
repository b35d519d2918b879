import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { StoredImage } from '../../contract/images.ts';
import { isConnectionError, isForeignKeyViolation, isRetryable, isUniqueViolation } from '../../db/errors.ts';
import type { UpsertDeps } from '../deps.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { Stored } from '../records.ts';
import { readAncestors } from './ancestors.ts';
import { checkItem, sortErrors } from './check-item.ts';
import { type PreparedImage, isPrepared, prepareImage, renditionKeys, storeImage } from './images.ts';
import type { Ancestors, UpsertModel } from './model.ts';
import type { CheckedItem, UpsertInput, UpsertItem, UpsertResult, Verdict } from './types.ts';
import { writeChanges } from './write.ts';

/** How long an item may lose races before the caller is told to come again, in milliseconds. */
const patience = 20_000;

/** One item on its way through the rounds. */
type Entry<Input> = {
  readonly index: number;
  checked: CheckedItem<Input>;
  prepared?: PreparedImage;
  stored?: StoredImage;
};

type Plan<Input, State, Row> = {
  readonly entry: Entry<Input>;
  readonly verdict: Extract<Verdict<State, Row>, { kind: 'write' }>;
};

type Settled<Input, State, Row> = {
  readonly entry: Entry<Input>;
  readonly verdict: Verdict<State, Row>;
  readonly written?: Stored;
};

/** Another writer was first: read, judge and write again. */
class LostRace extends Error {}

function isLostRace(error: unknown): boolean {
  return error instanceof LostRace || isUniqueViolation(error) || isForeignKeyViolation(error) || isRetryable(error);
}

/** Splits off, in order, the entries that name no reference named by an earlier one. */
function takeRound<Input extends UpsertInput>(waiting: readonly Entry<Input>[]): [Entry<Input>[], Entry<Input>[]] {
  const taken = new Set<string>();
  const round: Entry<Input>[] = [];
  const later: Entry<Input>[] = [];
  for (const entry of waiting) {
    const { reference, newReference } = entry.checked.input;
    const keys = newReference ? [reference, newReference] : [reference];
    (keys.some((key) => taken.has(key)) ? later : round).push(entry);
    for (const key of keys) taken.add(key);
  }
  return [round, later];
}

/**
 * Upserts many records of one kind and answers for each, in order: created, updated, unchanged, or its errors. Rounds of
 * one reading and one writing statement; what lost a race with another writer goes round again (design.md). Nothing is
 * locked while JavaScript runs, but for changes of hierarchy. Throws ServiceUnavailableError when an item finds no way
 * through within 20 s, and whatever the database throws; an item then either is written whole or not at all.
 */
export async function upsertAll<Input extends UpsertInput, State, Row extends State & Stored, Snapshot>(
  model: UpsertModel<Input, State, Row, Snapshot>,
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<Input>[],
): Promise<readonly UpsertResult<Row, Snapshot>[]> {
  const { organization } = actor;
  const results = new Map<number, UpsertResult<Row, Snapshot>>();

  const discard = async (entry: Entry<Input>): Promise<void> => {
    if (!entry.stored) return;
    await deps.blobs.delete(renditionKeys(entry.stored));
    delete entry.stored;
  };

  const refuse = (entry: Entry<Input>, errors: CheckedItem<Input>['errors']): void => {
    results.set(entry.index, { ok: false, errors: sortErrors(errors, model.parameters) });
  };

  const settle = async ({ entry, verdict, written }: Settled<Input, State, Row>, related: Snapshot): Promise<void> => {
    if (verdict.kind === 'refused') {
      refuse(entry, verdict.errors);
      return discard(entry);
    }
    const { warnings } = verdict;
    if (verdict.kind === 'unchanged') {
      const { record } = verdict;
      results.set(entry.index, { ok: true, record, outcome: 'unchanged', changedFields: [], warnings, related });
      return discard(entry);
    }
    const { existing, next, changedFields } = verdict;
    if (!written) throw new Error('A change was settled before it was written.');
    const outcome = existing ? 'updated' : 'created';
    results.set(entry.index, {
      ok: true,
      record: model.toRow(next, written),
      outcome,
      changedFields,
      warnings,
      related,
    });
    const before = existing && model.image.ofState(existing);
    if (before && before.path !== model.image.ofState(next)?.path) await deps.blobs.delete(renditionKeys(before));
    else if (entry.stored && entry.stored.path !== model.image.ofState(next)?.path) await discard(entry);
  };

  const prepare = async (entry: Entry<Input>, snapshot: Snapshot): Promise<void> => {
    const { image, input, errors, refused } = entry.checked;
    if (!image || entry.prepared) return;
    const existing = model.find(snapshot, input.reference);
    const prepared = await prepareImage(
      deps,
      image,
      existing ? model.image.ofState(existing) : null,
      model.image.field,
    );
    if (isPrepared(prepared)) entry.prepared = prepared;
    else if (prepared !== 'same') {
      const refusedFields = new Set([...refused, model.image.field]);
      entry.checked = { input, errors: [...errors, prepared], refused: refusedFields, image: undefined };
    }
  };

  const judge = (entry: Entry<Input>, snapshot: Snapshot, ancestors?: Ancestors): Verdict<State, Row> => {
    const rendered = entry.prepared?.rendered;
    const newImage = entry.prepared &&
      rendered && { path: '', sha256: entry.prepared.sha256, width: rendered.width, height: rendered.height };
    const verdict = model.judge(entry.checked, snapshot, { actor, newImage, ancestors });
    return verdict.kind === 'write' && entry.stored ? withStoredImage(entry.stored, verdict) : verdict;
  };

  const withStoredImage = (image: StoredImage, verdict: Plan<Input, State, Row>['verdict']) =>
    model.image.ofState(verdict.next)?.path === ''
      ? { ...verdict, next: model.image.into(verdict.next, image) }
      : verdict;

  const store = async ({ entry, verdict }: Plan<Input, State, Row>): Promise<Plan<Input, State, Row>> => {
    if (!entry.prepared || model.image.ofState(verdict.next)?.path !== '') return { entry, verdict };
    entry.stored ??= await storeImage(deps, organization, model.image.folder, entry.prepared);
    return { entry, verdict: withStoredImage(entry.stored, verdict) };
  };

  const write = async (db: UpsertDeps['db'], plans: readonly Plan<Input, State, Row>[]) => {
    if (plans.length === 0) return [];
    const changes = plans.map(({ verdict }) => ({ existing: verdict.existing, next: verdict.next }));
    return writeChanges(db, organization.id, model.target, changes);
  };

  /** Judges and writes changes of hierarchy one after another in effect: under the organization's lock (ruling 35). */
  const move = async (entries: readonly Entry<Input>[]) => {
    return deps.db.transaction().execute(async (trx) => {
      await sql`select from organizations where id = ${organization.id} for no key update`.execute(trx);
      const snapshot = await model.read(
        trx,
        actor,
        entries.map(({ checked }) => checked.input),
      );
      const parents = entries.flatMap((entry) => {
        const verdict = judge(entry, snapshot);
        return verdict.kind === 'write' ? model.parentsOf(verdict.next) : [];
      });
      const ancestors = new Map(await readAncestors(trx, model.target.table, organization.id, parents));
      const settled: Settled<Input, State, Row>[] = [];
      const plans: Plan<Input, State, Row>[] = [];
      for (const entry of entries) {
        const verdict = judge(entry, snapshot, ancestors);
        if (verdict.kind !== 'write') {
          settled.push({ entry, verdict });
          continue;
        }
        if (model.image.ofState(verdict.next)?.path === '') throw new LostRace();
        plans.push({ entry, verdict });
        const { existing, next } = verdict;
        if (existing) ancestors.set(existing.id, model.parentsOf(next)[0] ?? null);
      }
      for (const [index, written] of (await write(trx, plans)).entries()) {
        const plan = plans[index];
        if (!written || !plan) throw new LostRace();
        settled.push({ ...plan, written });
      }
      return { settled, snapshot };
    });
  };

  const runRound = async (entries: readonly Entry<Input>[]): Promise<readonly Entry<Input>[]> => {
    const snapshot = await model.read(
      deps.db,
      actor,
      entries.map(({ checked }) => checked.input),
    );
    await Promise.all(entries.map((entry) => prepare(entry, snapshot)));
    const plans: Plan<Input, State, Row>[] = [];
    for (const entry of entries) {
      const verdict = judge(entry, snapshot);
      if (verdict.kind === 'write') plans.push({ entry, verdict });
      else await settle({ entry, verdict }, snapshot);
    }
    const stored = await Promise.all(plans.map(store));
    const lost: Entry<Input>[] = [];
    const staying = stored.filter(({ verdict }) => !verdict.moves);
    const moving = stored.filter(({ verdict }) => verdict.moves).map(({ entry }) => entry);
    try {
      const written = await write(deps.db, staying);
      for (const [index, plan] of staying.entries()) {
        const row = written[index];
        if (row) await settle({ ...plan, written: row }, snapshot);
        else lost.push(plan.entry);
      }
    } catch (error) {
      if (!isLostRace(error)) throw error;
      lost.push(...staying.map(({ entry }) => entry));
    }
    if (moving.length === 0) return lost;
    try {
      const moved = await move(moving);
      for (const outcome of moved.settled) await settle(outcome, moved.snapshot);
    } catch (error) {
      if (!isLostRace(error)) throw error;
      lost.push(...moving);
    }
    return lost;
  };

  const entries: Entry<Input>[] = items.map((item, index) => ({
    index,
    checked: checkItem(item, model.parameters, model.image.ofInput),
  }));
  let waiting = entries.filter((entry) => {
    const known = !entry.checked.refused.has('reference');
    if (!known) refuse(entry, entry.checked.errors);
    return known;
  });
  const deadline = performance.now() + patience;
  try {
    for (let lap = 0; waiting.length > 0; lap += 1) {
      const [round, later] = takeRound(waiting);
      const lost = await runRound(round);
      waiting = [...lost, ...later];
      if (lost.length === 0) continue;
      if (performance.now() > deadline) throw new ServiceUnavailableError('Too many writers of the same records.');
      await delay(Math.random() * Math.min(lap * 2, 50));
    }
  } catch (error) {
    // After a connection error the row may be committed: a stray file is better than a row without its file.
    if (!isConnectionError(error)) await Promise.all(entries.filter(({ index }) => !results.has(index)).map(discard));
    throw error;
  }
  return items.map((_, index) => {
    const result = results.get(index);
    if (!result) throw new Error('An item was left without a result.');
    return result;
  });
}
