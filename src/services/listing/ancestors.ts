import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import { limits } from '../../contract/limits.ts';
import type { Database } from '../../db/schema.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { databaseOf } from '../deps.ts';
import type { CustomerCategory } from '../records.ts';
import { type Json, reviveDates } from '../upsert/json.ts';
import { ListRequestError } from './errors.ts';

const { ancestors: most } = limits.graphql;

/** Each of the categories and all above them, once. */
async function readUpwards(
  deps: { readonly db: Database },
  actor: Actor,
  ids: readonly number[],
): Promise<ReadonlyMap<number, CustomerCategory>> {
  const organizationId = actor.organization.id;
  const { rows } = await sql<{ row: Json<CustomerCategory> }>`
    with recursive line (id, parent_id) as (
      select c.id, c.parent_id from customer_categories c
      where c.organization_id = ${organizationId} and c.id = any (${ids.map(String)}::bigint[])
      union
      select c.id, c.parent_id from line
      join customer_categories c on c.organization_id = ${organizationId} and c.id = line.parent_id
    ), known as (select id from line limit ${ids.length + most + 1})
    select to_json(r) as row from (
      select ${categorySelect} from known join customer_categories t on t.organization_id = ${organizationId} and t.id = known.id
    ) r`.execute(databaseOf(deps, actor));
  if (rows.length > ids.length + most) {
    throw new ListRequestError(
      `There are more than ${most} categories above these: ask for those of fewer categories at once.`,
    );
  }
  return new Map(rows.map(({ row }) => [row.id, reviveDates<CustomerCategory>(row)]));
}

function findLine(categories: ReadonlyMap<number, CustomerCategory>, id: number): CustomerCategory[] {
  const line: CustomerCategory[] = [];
  let parentId = categories.get(id)?.parentId ?? null;
  while (parentId !== null && line.length < categories.size) {
    const parent = categories.get(parentId);
    if (parent) line.push(parent);
    parentId = parent?.parentId ?? null;
  }
  return line.reverse();
}

/**
 * The categories above each of those with these ids, from the root down; one statement for all, which reads each of them once.
 * Throws a ListRequestError where they are more than the limit.
 */
export async function listCategoryAncestors(
  deps: { readonly db: Database },
  actor: Actor,
  ids: readonly number[],
): Promise<readonly (readonly CustomerCategory[])[]> {
  const categories = await readUpwards(deps, actor, ids);
  const lines = new Map<number, readonly CustomerCategory[]>();
  return ids.map((id) => {
    const line = lines.get(id) ?? findLine(categories, id);
    lines.set(id, line);
    return line;
  });
}
