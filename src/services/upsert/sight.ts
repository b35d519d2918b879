import { isDeepStrictEqual } from 'node:util';
import type { StoredImage } from '../../contract/images.ts';
import type { Database } from '../../db/schema.ts';
import type { Entry } from './entry.ts';
import type { Kind, RowOf, UpsertModel } from './model.ts';
import { addRow } from './relations.ts';
import { findNeeded, orderByNeeds } from './rounds.ts';
import type { Verdict, WriteVerdict } from './types.ts';
import { drawIds } from './write.ts';

/** What one reading has seen for some entries, which are in the order to judge them in. */
export type Sight<K extends Kind> = {
  readonly entries: readonly Entry<K>[];
  readonly snapshot: K['snapshot'];
  /** Ids for the records that are to be created and that others of the entries need, by reference. */
  readonly newIds: ReadonlyMap<string, number>;
};

/** An entry and the judgement on it; `newId` is what its record gets if it is created. */
export type Judged<K extends Kind> = {
  readonly entry: Entry<K>;
  readonly verdict: Verdict<K['state'], RowOf<K>>;
  readonly newId: number | undefined;
};

/** Whether what is related to the stored records is read too, and where the ids of those that are to be created come from. */
type LookOptions = { readonly withRelated: boolean; readonly draw?: Draw };

/** Brings ids for records that are to be created. */
type Draw = (db: Database, table: string, count: number) => readonly number[] | Promise<readonly number[]>;

/** Reads what the entries need, in one statement, and in a second draws ids where one is to be created for another. */
export async function look<K extends Kind>(
  model: UpsertModel<K>,
  db: Database,
  organizationId: number,
  entries: readonly Entry<K>[],
  { withRelated, draw = drawIds }: LookOptions,
): Promise<Sight<K>> {
  const inputs = entries.map(({ checked }) => checked.input);
  const userIds = new Set(entries.flatMap(({ userId }) => userId ?? []));
  const snapshot = await model.read(db, organizationId, { inputs, userIds: [...userIds], withRelated });
  const { byReference } = model.rowsOf(snapshot);
  const isNew = (reference: string) => !byReference.has(reference);
  const needed = [...findNeeded(entries, isNew).keys()];
  const ids = needed.length > 0 ? await draw(db, model.table, needed.length) : [];
  const newIds = new Map(needed.flatMap((reference, index) => (ids[index] ? [[reference, ids[index]]] : [])));
  return { entries: orderByNeeds(entries, isNew), snapshot, newIds };
}

/**
 * Judges entries one after another: to each the snapshot also shows the records that earlier ones are about to create
 * for others, every parent as earlier ones are about to change it, and what they claim.
 */
export function judgeInOrder<K extends Kind>(
  model: UpsertModel<K>,
  { entries, snapshot, newIds }: Sight<K>,
  describeImage: (entry: Entry<K>) => StoredImage | undefined,
): readonly Judged<K>[] {
  const ancestors = new Map(snapshot.ancestors);
  const claimed = new Set<string>();
  return entries.map((entry) => {
    const world = { userId: entry.userId, newImage: describeImage(entry), ancestors, claimed };
    const verdict = model.judge(entry.checked, snapshot, world);
    if (verdict.kind !== 'write') return { entry, verdict, newId: undefined };
    for (const claim of model.tiesOf(entry.checked.input).claims) claimed.add(claim);
    const { existing, next } = verdict;
    const newId = existing ? undefined : newIds.get(next.reference);
    if (newId !== undefined) addRow(model.rowsOf(snapshot), foresee(next, newId));
    const id = existing?.id ?? newId;
    if (id !== undefined) ancestors.set(id, next.parentId);
    return { entry, verdict, newId };
  });
}

/** A record as it will be once it is created, but for its dates. */
function foresee<State>(
  state: State,
  id: number,
): State & { id: number; version: number; dateCreated: Date; lastUpdated: Date } {
  const now = new Date(0);
  return { ...state, id, version: 1, dateCreated: now, lastUpdated: now };
}

/** The stored record, if it is exactly what the write would have left: then the write was done, whoever was told. */
export function findDone<K extends Kind>(
  model: UpsertModel<K>,
  { existing, next }: WriteVerdict<K['state'], RowOf<K>>,
  snapshot: K['snapshot'],
): RowOf<K> | undefined {
  const row = model.rowsOf(snapshot).byReference.get(next.reference);
  if (!row || row.version !== (existing?.version ?? 0) + 1 || (existing && existing.id !== row.id)) return undefined;
  const { id, version, dateCreated, lastUpdated } = row;
  return isDeepStrictEqual(row, { ...next, id, version, dateCreated, lastUpdated }) ? row : undefined;
}
