import type { CategoryEntry, ReferenceEntry, RegionEntry } from './organization-file.ts';

/** An entry of a file, out of its tree: `parent` is the position of the entry above it, which comes before it. */
export type Item<Entry> = { readonly entry: Entry; readonly parent: number | undefined; readonly level: number };

export type RecordRow = { readonly id: number; readonly reference: string; readonly name: string };
export type CategoryRow = RecordRow & { readonly isRoot: boolean; readonly parentId: number | null };
export type RegionRow = {
  readonly id: number;
  readonly name: string;
  readonly level: number;
  readonly parentId: number | null;
};

/** For each entry the record it speaks of, undefined where there is none yet; and why that cannot be done. */
export type Matches<Row> = { readonly rows: readonly (Row | undefined)[]; readonly problems: readonly string[] };

/** A tree as a list, parents first. */
export function flattenTree<Entry>(
  entries: readonly Entry[],
  childrenOf: (entry: Entry) => readonly Entry[],
): readonly Item<Entry>[] {
  const items: Item<Entry>[] = [];
  const add = (list: readonly Entry[], parent: number | undefined, level: number): void => {
    for (const entry of list) {
      const position = items.push({ entry, parent, level }) - 1;
      add(childrenOf(entry), position, level + 1);
    }
  };
  add(entries, undefined, 1);
  return items;
}

/** How the records of one kind are told apart and spoken of; `findByKey` gets the record of the entry above, if any. */
type Kind<Entry, Row> = {
  readonly noun: string;
  readonly keyOf: (record: Entry | Row) => string;
  readonly findByKey: (item: Item<Entry>, parent: Row | undefined) => Row | undefined;
};

function matchItems<Entry extends { readonly id?: number | undefined }, Row extends { readonly id: number }>(
  items: readonly Item<Entry>[],
  existing: readonly Row[],
  { noun, keyOf, findByKey }: Kind<Entry, Row>,
): { readonly rows: (Row | undefined)[]; readonly problems: string[] } {
  const byId = new Map(existing.map((row) => [row.id, row]));
  const quote = (record: Entry | Row) => JSON.stringify(keyOf(record));
  const rows: (Row | undefined)[] = [];
  const problems: string[] = [];
  const taken = new Set<Row>();
  for (const item of items) {
    const { entry } = item;
    const rowOfId = entry.id === undefined ? undefined : byId.get(entry.id);
    const rowOfKey = findByKey(item, item.parent === undefined ? undefined : rows[item.parent]);
    const row = rowOfId ?? rowOfKey;
    if (rowOfId && rowOfKey && rowOfId !== rowOfKey) {
      problems.push(
        `${noun} ${rowOfId.id} is ${quote(rowOfId)} and cannot become ${quote(entry)}: that is ${noun} ${rowOfKey.id}.`,
      );
    } else if (entry.id !== undefined && !rowOfId && rowOfKey) {
      problems.push(`${noun} ${quote(entry)} has the id ${rowOfKey.id}, which cannot become ${entry.id}.`);
    } else if (row && taken.has(row)) {
      problems.push(
        `${noun} ${row.id}, ${quote(row)}, is in the file twice: once by its id, once by what it is called.`,
      );
    }
    if (row) taken.add(row);
    rows.push(row);
  }
  return { rows, problems };
}

function findByReference<Row extends RecordRow>(existing: readonly Row[]) {
  const byReference = new Map(existing.map((row) => [row.reference, row]));
  return (item: Item<ReferenceEntry>) => byReference.get(item.entry.reference);
}

/** Finds records by id, else by reference. */
export function matchRecords(
  noun: string,
  items: readonly Item<ReferenceEntry>[],
  existing: readonly RecordRow[],
): Matches<RecordRow> {
  return matchItems(items, existing, {
    noun,
    keyOf: ({ reference }) => reference,
    findByKey: findByReference(existing),
  });
}

/** Finds categories by id, else by reference. An organization keeps the root it has (ruling 34). */
export function matchCategories(
  items: readonly Item<CategoryEntry>[],
  existing: readonly CategoryRow[],
): Matches<CategoryRow> {
  const { rows, problems } = matchItems<CategoryEntry, CategoryRow>(items, existing, {
    noun: 'customer category',
    keyOf: ({ reference }) => reference,
    findByKey: findByReference(existing),
  });
  const root = existing.find(({ isRoot }) => isRoot);
  if (root && rows[0] !== root) {
    problems.push(
      `customer category ${root.id}, ${JSON.stringify(root.reference)}, is the root, which cannot change: give it as rootCategory.`,
    );
  }
  return { rows, problems };
}

/** A region's level follows from its place: one that moves must not leave regions below it behind on a wrong level. */
function findStrandedRegions(
  items: readonly Item<RegionEntry>[],
  rows: readonly (RegionRow | undefined)[],
  existing: readonly RegionRow[],
): string[] {
  const listed = new Set(rows);
  return items.flatMap(({ level }, position) => {
    const row = rows[position];
    const below = row && row.level !== level ? existing.filter((other) => other.parentId === row.id) : [];
    return below
      .filter((other) => !listed.has(other))
      .map((other) => {
        const name = JSON.stringify(row?.name);
        return `region ${row?.id ?? ''}, ${name}, cannot move to level ${level}: region ${other.id}, ${JSON.stringify(other.name)}, below it is not in the file.`;
      });
  });
}

/** Finds regions by id, else by their name below their parent. */
export function matchRegions(items: readonly Item<RegionEntry>[], existing: readonly RegionRow[]): Matches<RegionRow> {
  const keyOf = (parentId: number | null, name: string) => `${parentId ?? ''} ${name}`;
  const byPlace = new Map(existing.map((row) => [keyOf(row.parentId, row.name), row]));
  const { rows, problems } = matchItems<RegionEntry, RegionRow>(items, existing, {
    noun: 'region',
    keyOf: ({ name }) => name,
    findByKey: ({ entry, parent }, parentRow) => {
      if (parent !== undefined && !parentRow) return undefined;
      return byPlace.get(keyOf(parentRow?.id ?? null, entry.name));
    },
  });
  return { rows, problems: [...problems, ...findStrandedRegions(items, rows, existing)] };
}
