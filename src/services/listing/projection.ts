import { type RawBuilder, sql } from 'kysely';
import { type Column, createColumnSql, storedColumns } from '../upsert/columns.ts';
import type { Relation } from './related.ts';

/** A table between listed rows and others: a row's `key` lists the ids that `theirs` holds beside its own in `own`. */
export type Link = {
  readonly field: string;
  readonly key: string;
  readonly table: string;
  readonly own: string;
  readonly theirs: string;
};

/** What the rows of a list can be made of, beside `storedColumns`. */
type Source = {
  readonly columns: readonly Column<string>[];
  readonly link?: Link;
  readonly relations: Readonly<Record<string, Relation<unknown>>>;
};

/** What a statement selects of the rows of `page`, aliased `t`, and whether it joins what they are linked to. */
export type Projection = { readonly select: RawBuilder<unknown>; readonly isLinked: boolean };

/** The keys that each field is made of. */
function mapFields({ columns, link, relations }: Source): ReadonlyMap<string, string> {
  const keys = new Map(columns.map(({ field, key }) => [field, key]));
  for (const [field, { column }] of Object.entries(relations)) {
    const named = columns.find((each) => each.column === column);
    if (named) keys.set(field, named.key);
  }
  if (link) keys.set(link.field, link.key);
  return keys;
}

/** Answers what to select for fields: their own columns, or all where one may be made of any. `id` is always among them. */
export function createProjection({ link, relations, ...source }: Source): (fields: readonly string[]) => Projection {
  const columns = [...storedColumns, ...source.columns];
  const keysByField = mapFields({ columns, relations, ...(link && { link }) });
  return (fields) => {
    const keys = new Set(['id', ...fields.map((field) => keysByField.get(field))]);
    const isWanted = (key: string) => keys.has(undefined) || keys.has(key);
    const { select } = createColumnSql(columns.filter(({ key }) => isWanted(key)));
    if (!link || !isWanted(link.key)) return { select, isLinked: false };
    return { select: sql`${select}, coalesce(linked.ids, '{}') as ${sql.ref(link.key)}`, isLinked: true };
  };
}

/** A subquery: for rows of `page` by id, the `ids` that they are linked to. */
export function linkedSql({ table, own, theirs }: Link, organizationId: number): RawBuilder<unknown> {
  return sql`
    select l.${sql.ref(own)} as id, array_agg(l.${sql.ref(theirs)} order by l.${sql.ref(theirs)}) as ids
    from ${sql.table(table)} l
    where l.organization_id = ${organizationId} and l.${sql.ref(own)} = any (array(select id from page))
    group by l.${sql.ref(own)}`;
}
