import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { normalizeKey } from '../upsert/check.ts';
import type { RecordKey } from '../upsert/types.ts';

/** Whose rows are listed, and where. */
export type Scope = { readonly db: Database; readonly organizationId: number };

/** A condition, or how to find what it is. */
export type Condition = RawBuilder<boolean> | ((scope: Scope) => Promise<RawBuilder<boolean>>);

/** The condition of a filter that is sent; null is as good as left out. */
export function whenSent<Value>(value: Value | null | undefined, condition: (value: Value) => Condition): Condition[] {
  return value === null || value === undefined ? [] : [condition(value)];
}

type KeyedTable = 'customer_categories' | 'customer_segmentations';

/** A query: the id that the key names, or none. The reference goes first. */
function namedIds(table: KeyedTable, organizationId: number, key: RecordKey): RawBuilder<{ id: number }> | undefined {
  const { id, reference } = normalizeKey(key) ?? {};
  if (reference === undefined && id === undefined) return undefined;
  const which = reference === undefined ? sql`n.id = ${id}::bigint` : sql`n.reference = ${reference}::text`;
  return sql`select n.id from ${sql.table(table)} n where n.organization_id = ${organizationId} and ${which}`;
}

/**
 * Whether the column holds the id of the record that the key names; unknown and impossible keys fit nothing. What a list
 * rests on is looked up first: only of ids that it knows can PostgreSQL tell whether few rows have them or many.
 */
export function isRecord(column: RawBuilder<unknown>, table: KeyedTable, key: RecordKey): Condition {
  return async ({ db, organizationId }) => {
    const ids = await namedIds(table, organizationId, key)?.execute(db);
    const id = ids?.rows[0]?.id;
    return id === undefined ? sql`false` : sql`${column} = ${id}::bigint`;
  };
}

/** Whether the column holds the id of the category that the key names, or of one anywhere below it. */
export function isInSubtree(column: RawBuilder<unknown>, key: RecordKey): Condition {
  return async ({ db, organizationId }) => {
    const ids = namedIds('customer_categories', organizationId, key);
    if (!ids) return sql`false`;
    const { rows } = await sql<{ id: number }>`
      with recursive subtree (id) as (
        ${ids}
        union
        select c.id from customer_categories c
        join subtree s on c.organization_id = ${organizationId} and c.parent_id = s.id
      ) select s.id from subtree s`.execute(db);
    return sql`${column} = any (${rows.map(({ id }) => String(id))}::bigint[])`;
  };
}

/** Whether the record changed at that moment or later. */
export function isUpdatedSince(moment: Date): RawBuilder<boolean> {
  return sql`t.last_updated >= ${moment.toISOString()}::timestamptz`;
}
