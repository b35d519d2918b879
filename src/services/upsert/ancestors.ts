import { type RawBuilder, sql } from 'kysely';

/** The line of ancestors of some records, child to parent by id. */
export type Ancestors = ReadonlyMap<number, number | null>;

/** Lines of ancestors as a statement's JSON brings them. */
export type AncestorPairs = readonly (readonly [id: number, parentId: number | null])[];

/**
 * A table expression `line`: the ids and parents of the records that `isStart` picks and of all above them, each once. `offset 0`
 * keeps the planner from reading the whole table for every level.
 */
export function lineSql(
  table: string,
  organizationId: RawBuilder<number>,
  isStart: RawBuilder<boolean>,
): RawBuilder<unknown> {
  return sql`line as (
      select t.id, t.parent_id from ${sql.ref(table)} t where t.organization_id = ${organizationId} and ${isStart}
      union
      select above.id, above.parent_id from line cross join lateral (
        select t.id, t.parent_id from ${sql.ref(table)} t
        where t.organization_id = ${organizationId} and t.id = line.parent_id offset 0
      ) above
    )`;
}

/** A JSON expression: the lines from the records that the keys name up to the top of their tree, as `AncestorPairs`. */
export function ancestorsSql(
  table: string,
  organizationId: RawBuilder<number>,
  { ids, references }: { readonly ids: RawBuilder<unknown>; readonly references: RawBuilder<unknown> },
): RawBuilder<AncestorPairs> {
  const isNamed = sql<boolean>`(t.reference = any (${references}::text[]) or t.id = any (${ids}::bigint[]))`;
  return sql`(
    with recursive ${lineSql(table, organizationId, isNamed)}
    select coalesce(json_agg(json_build_array(id, parent_id)), '[]') from line
  )`;
}

/** Whether following `ancestors` up from `parentId` leads to `id`. */
export function leadsTo(id: number, parentId: number, ancestors: Ancestors): boolean {
  const seen = new Set<number>();
  for (let at: number | null | undefined = parentId; at && !seen.has(at); at = ancestors.get(at)) {
    if (at === id) return true;
    seen.add(at);
  }
  return false;
}
