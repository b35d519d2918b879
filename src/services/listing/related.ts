import { type RawBuilder, sql } from 'kysely';
import { rowsSql } from '../upsert/record-formats.ts';

/**
 * How the records that listed rows name are read along with them, in the same statement. `ids` is a subquery over the
 * listed rows, the table `page`, whose `column` holds them.
 */
export type Relation<Related> = {
  readonly table: string;
  /** The records' columns, of the row aliased `t`. */
  readonly select: RawBuilder<unknown>;
  readonly ids: RawBuilder<unknown>;
  readonly column: string;
  /** Makes a record of what the statement's JSON brings. */
  readonly revive: (row: never) => Related;
};

/** The relations of one kind of list, by the name of their field. */
export type Relations<Related> = { readonly [Name in keyof Related]: Relation<Related[Name]> };

/** A relation whose id the column holds. */
export function relateBy<Related>(
  column: string,
  table: string,
  select: RawBuilder<unknown>,
  revive: (row: never) => Related,
): Relation<Related> {
  return { table, select, column, revive, ids: sql`select p.${sql.ref(column)} from page p` };
}

/** A relation whose ids the column holds as an array. */
export function relateByArray<Related>(
  column: string,
  table: string,
  select: RawBuilder<unknown>,
  revive: (row: never) => Related,
): Relation<Related> {
  return { ...relateBy(column, table, select, revive), ids: sql`select unnest(p.${sql.ref(column)}) from page p` };
}

/** For records that JSON brings as they are. */
export function asIs<Related>(row: Related): Related {
  return row;
}

/** A JSON expression: the records that the rows of `page` name. */
export function relatedSql({ table, select, ids }: Relation<unknown>, organizationId: number): RawBuilder<unknown> {
  return rowsSql(sql`
    select ${select} from ${sql.table(table)} t
    where t.organization_id = ${organizationId} and t.id = any (array(${ids}))`);
}
