import { type RawBuilder, sql } from 'kysely';
import { normalizeKey } from '../upsert/check.ts';
import type { RecordKey } from '../upsert/types.ts';

/** The condition of a filter that is sent; null is as good as left out. */
export function whenSent<Value>(
  value: Value | null | undefined,
  condition: (value: Value) => RawBuilder<boolean>,
): RawBuilder<boolean>[] {
  return value === null || value === undefined ? [] : [condition(value)];
}

type KeyedTable = 'customer_categories' | 'customer_segmentations';

/** A subquery: the id that the key names, or none. The reference goes first. */
function namedIds(table: KeyedTable, organizationId: number, key: RecordKey): RawBuilder<unknown> | undefined {
  const { id, reference } = normalizeKey(key) ?? {};
  if (reference === undefined && id === undefined) return undefined;
  const which = reference === undefined ? sql`n.id = ${id}::bigint` : sql`n.reference = ${reference}::text`;
  return sql`select n.id from ${sql.table(table)} n where n.organization_id = ${organizationId} and ${which}`;
}

/** Whether the column holds the id of the record that the key names; unknown and impossible keys fit nothing. */
export function isRecord(
  column: RawBuilder<unknown>,
  table: KeyedTable,
  organizationId: number,
  key: RecordKey,
): RawBuilder<boolean> {
  const ids = namedIds(table, organizationId, key);
  return ids ? sql`${column} = (${ids})` : sql`false`;
}

/** Whether the column holds the id of the category that the key names, or of one anywhere below it. */
export function isInSubtree(column: RawBuilder<unknown>, organizationId: number, key: RecordKey): RawBuilder<boolean> {
  const ids = namedIds('customer_categories', organizationId, key);
  if (!ids) return sql`false`;
  return sql`${column} in (
    with recursive subtree (id) as (
      ${ids}
      union
      select c.id from customer_categories c
      join subtree s on c.organization_id = ${organizationId} and c.parent_id = s.id
    ) select s.id from subtree s
  )`;
}

/** Whether the record changed at that moment or later. */
export function isUpdatedSince(moment: Date): RawBuilder<boolean> {
  return sql`t.last_updated >= ${moment.toISOString()}::timestamptz`;
}
