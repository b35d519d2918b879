import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import { limits } from '../../contract/limits.ts';
import type { Database } from '../../db/schema.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { databaseOf } from '../deps.ts';
import type { CustomerCategory } from '../records.ts';
import { lineSql } from '../upsert/ancestors.ts';
import { type Json, reviveDates } from '../upsert/json.ts';
import { ListRequestError } from './errors.ts';

const { ancestors: most } = limits.graphql;

function tooMany(): ListRequestError {
  return new ListRequestError(
    `There are more than ${most} categories above these: ask for those of fewer categories at once.`,
  );
}

/** Each of the categories and all above them, once. */
async function readUpwards(
  deps: { readonly db: Database },
  actor: Actor,
  ids: readonly number[],
): Promise<ReadonlyMap<number, CustomerCategory>> {
  const organizationId = actor.organization.id;
  const isAsked = sql<boolean>`t.id = any (${ids.map(String)}::bigint[])`;
  const { rows } = await sql<{ row: Json<CustomerCategory> }>`
    with recursive ${lineSql('customer_categories', sql`${organizationId}`, isAsked)},
    known as (select id from line limit ${ids.length + most + 1})
    select to_json(r) as row from (
      select ${categorySelect} from known join customer_categories t on t.organization_id = ${organizationId} and t.id = known.id
    ) r`.execute(databaseOf(deps, actor));
  if (rows.length > ids.length + most) throw tooMany();
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
 * Throws a ListRequestError where they are more than the limit, all lines together.
 */
export async function listCategoryAncestors(
  deps: { readonly db: Database },
  actor: Actor,
  ids: readonly number[],
): Promise<readonly (readonly CustomerCategory[])[]> {
  const categories = await readUpwards(deps, actor, ids);
  const lines = new Map<number, readonly CustomerCategory[]>();
  let count = 0;
  for (const id of new Set(ids)) {
    const line = findLine(categories, id);
    count += line.length;
    if (count > most) throw tooMany();
    lines.set(id, line);
  }
  return ids.map((id) => lines.get(id) ?? []);
}
