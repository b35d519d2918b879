import { type Noun, type UpsertError, texts } from '../../contract/errors.ts';
import { normalizeId } from '../../contract/ids.ts';
import { type UpsertWarning, createWarning } from '../../contract/warnings.ts';
import type { RecordKey } from './types.ts';

/** Rows of one kind, findable by both of their keys. */
export type Index<Row> = { readonly byId: Map<string, Row>; readonly byReference: Map<string, Row> };

/** Indexes rows by id and, where they have one, by reference. */
export function indexRows<Row extends { readonly id: number; readonly reference?: string }>(
  rows: readonly Row[],
): Index<Row> {
  const index: Index<Row> = { byId: new Map(), byReference: new Map() };
  for (const row of rows) addRow(index, row);
  return index;
}

/** Adds a row, in the place of any other of its keys. */
export function addRow<Row extends { readonly id: number; readonly reference?: string }>(
  { byId, byReference }: Index<Row>,
  row: Row,
): void {
  byId.set(String(row.id), row);
  if (row.reference !== undefined) byReference.set(row.reference, row);
}

/** The key that a text names a record by: its reference, or, where that may be, its id as well (ruling 26). */
export function createReferenceKey(reference: string, mayBeId: boolean): RecordKey {
  const id = mayBeId ? normalizeId(reference.trim()) : undefined;
  return { reference, ...(id !== undefined && { id }) };
}

/** The ids and references that keys name, each once, as arrays for a query. */
export function collectKeys(keys: Iterable<RecordKey | null | undefined>): { ids: string[]; references: string[] } {
  const ids = new Set<string>();
  const references = new Set<string>();
  for (const key of keys) {
    if (key?.id !== undefined) ids.add(key.id);
    if (key?.reference !== undefined) references.add(key.reference);
  }
  return { ids: [...ids], references: [...references] };
}

/** Collects what is wrong and what is ignored while one item is judged. */
export type Findings = { readonly errors: UpsertError[]; readonly warnings: UpsertWarning[] };

/** The row a key names: the reference goes first (ruling 26). Undefined, with a 404 finding, where there is none (ruling 6). */
export function resolveKey<Row>(
  key: RecordKey,
  rows: Index<Row>,
  findings: Findings,
  noun: Noun,
  ...path: string[]
): Row | undefined {
  const named = key.reference === undefined ? undefined : rows.byReference.get(key.reference);
  const numbered = key.id === undefined ? undefined : rows.byId.get(key.id);
  if (named && numbered && named !== numbered) findings.warnings.push(createWarning('ambiguous_key', ...path));
  const row = named ?? numbered;
  if (!row) {
    findings.errors.push({ code: 'not_found', message: texts.notFound(noun, key.sent ?? ''), path });
  }
  return row;
}
