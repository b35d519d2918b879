import { type RawBuilder, sql } from 'kysely';

/**
 * How the records that listed rows name are read along with them, in the same statement. `ids` is a subquery over the
 * listed rows, the table `page`; `column` is that which holds them, where it is one of the rows' own.
 */
export type Relation<Related> = {
  readonly table: string;
  /** The records' columns, of the row aliased `t`. */
  readonly select: RawBuilder<unknown>;
  readonly ids: RawBuilder<unknown>;
  readonly column?: string;
  /** Makes a record of what the statement's JSON brings. */
  readonly revive: (row: never) => Related;
};

/** The relations of one kind of list, by the name of their field. */
export type Relations<Related> = { readonly [Name in keyof Related]: Relation<Related[Name]> };

/** A relation that the column holds. */
export function relateBy<Related>(
  column: string,
  table: string,
  select: RawBuilder<unknown>,
  revive: (row: never) => Related,
): Relation<Related> {
  return { table, select, column, revive, ids: sql`select p.${sql.ref(column)} from page p` };
}

/** A relation that the list's `link` holds. */
export function relateByLink<Related>(
  table: string,
  select: RawBuilder<unknown>,
  revive: (row: Related) => Related,
): Relation<Related> {
  return { table, select, revive, ids: sql`select unnest(ids) from linked` };
}

/** For records that JSON brings as they are. */
export function asIs<Related>(row: Related): Related {
  return row;
}

/** A JSON expression: the records that the rows of `page` name. */
export function relatedSql({ table, select, ids }: Relation<unknown>, organizationId: number): RawBuilder<unknown> {
  return sql`(
    select coalesce(json_agg(r), '[]') from (
      select ${select} from ${sql.table(table)} t
      where t.organization_id = ${organizationId} and t.id = any (array(${ids}))
    ) r
  )`;
}
