import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Ancestors } from './model.ts';

/** The lines of ancestors, child to parent by id, from the records of `ids` up to the top of their tree. */
export async function readAncestors(
  db: Database,
  table: string,
  organizationId: number,
  ids: readonly number[],
): Promise<Ancestors> {
  const { rows } = await sql<{ id: number; parent_id: number | null }>`
    with recursive line as (
      select id, parent_id from ${sql.ref(table)} where organization_id = ${organizationId} and id = any (${ids}::bigint[])
      union
      select t.id, t.parent_id from ${sql.ref(table)} t
      join line on t.organization_id = ${organizationId} and t.id = line.parent_id
    ) select id, parent_id from line`.execute(db);
  return new Map(rows.map((row) => [row.id, row.parent_id]));
}
