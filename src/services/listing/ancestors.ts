import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Database } from '../../db/schema.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { databaseOf } from '../deps.ts';
import type { CustomerCategory } from '../records.ts';
import { type Json, reviveDates } from '../upsert/json.ts';

/** The categories above each of those with these ids, from the root down; one statement for all. */
export async function listCategoryAncestors(
  deps: { readonly db: Database },
  actor: Actor,
  ids: readonly number[],
): Promise<CustomerCategory[][]> {
  const organizationId = actor.organization.id;
  const { rows } = await sql<{ line: readonly Json<CustomerCategory>[] }>`
    select (
      with recursive line (parent_id, height) as (
        select c.parent_id, 1 from customer_categories c where c.organization_id = ${organizationId} and c.id = o.id
        union all
        select c.parent_id, line.height + 1 from line
        join customer_categories c on c.organization_id = ${organizationId} and c.id = line.parent_id
      )
      select coalesce(json_agg((select to_json(r) from (select ${categorySelect}) r) order by line.height desc), '[]')
      from line join customer_categories t on t.organization_id = ${organizationId} and t.id = line.parent_id
    ) as line from unnest(${ids.map(String)}::bigint[]) with ordinality as o (id, place) order by o.place`.execute(
    databaseOf(deps, actor),
  );
  return rows.map(({ line }) => line.map((row) => reviveDates<CustomerCategory>(row)));
}
