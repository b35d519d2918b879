import { type RawBuilder, sql } from 'kysely';
import type { Scope } from './conditions.ts';
import type { ListQuery, ListingDefinition, Owners } from './definition.ts';

/** What a statement says of the rows of lists. */
export type Rows = {
  readonly from: RawBuilder<unknown>;
  readonly where: readonly RawBuilder<boolean>[];
  readonly isFiltered: boolean;
};

/** The rows of whole lists, aliased `t`: those that fit the filter, of each owner `o` its own where there are owners. */
export async function readRowsSql<Filter, Owner extends string>(
  { table, owners: columns, conditions }: ListingDefinition<object, Filter, string, Owner>,
  scope: Scope,
  { filter }: ListQuery<Filter>,
  owners: Owners<Owner> | undefined,
): Promise<Rows> {
  const filters = await Promise.all(
    conditions(filter).map(async (condition) => (typeof condition === 'function' ? condition(scope) : condition)),
  );
  const where = [sql<boolean>`t.organization_id = ${scope.organizationId}`, ...filters];
  if (owners) where.push(sql`${columns[owners.by]} = o.id`);
  return { from: sql`${sql.table(table)} t`, where, isFiltered: filters.length > 0 };
}

/** The owners as the table `o`: their `id`, and their `place` from 1. */
export function ownersSql({ ids }: Owners<string>): RawBuilder<unknown> {
  return sql`unnest(${ids.map(String)}::bigint[]) with ordinality as o (id, place)`;
}
