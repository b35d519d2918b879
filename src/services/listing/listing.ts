import { type RawBuilder, sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Database } from '../../db/schema.ts';
import type { Stored } from '../records.ts';
import type { Json } from '../upsert/json.ts';
import { encodeCursor } from './cursor.ts';
import {
  type OrderBy,
  type OrderKeys,
  type Position,
  type SortKey,
  beyondSql,
  completeOrder,
  orderSql,
  positionSql,
} from './order.ts';
import { type PageArguments, type PageRequest, readPageArguments } from './page.ts';

/** Filters: null is as good as left out. */
export type Filtered<Fields> = { readonly [Field in keyof Fields]?: Fields[Field] | null | undefined };

/** What one kind of list is made of; every expression is over the row aliased `t`. */
export type ListingDefinition<Filter, Field extends string, Owner extends string> = {
  readonly table: string;
  readonly select: RawBuilder<unknown>;
  readonly orders: OrderKeys<Field>;
  /** The columns by which records own rows of the list. */
  readonly owners: Readonly<Record<Owner, RawBuilder<unknown>>>;
  readonly conditions: (organizationId: number, filter: Filter) => readonly RawBuilder<boolean>[];
};

/** One page of which list: made by `prepare`, the same text as JSON if it is the same list. */
export type ListQuery<Filter> = {
  readonly filter: Filter;
  readonly order: readonly SortKey[];
  readonly page: PageRequest;
};

/** Whose rows are listed: each of these records has a list of its own. */
export type Owners<Owner extends string> = { readonly by: Owner; readonly ids: readonly number[] };

export type Page<Row> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** Lists of one kind of record. Of several owners all lists are read in one statement, and answered in their order. */
export type Listing<Row, Filter, Field extends string, Owner extends string> = {
  /** Throws a `ListRequestError` where the arguments ask for no page. */
  prepare(args: PageArguments, filter: Filter, orderBy: readonly OrderBy<Field>[]): ListQuery<Filter>;
  readPages(actor: Actor, query: ListQuery<Filter>, owners?: Owners<Owner>): Promise<Page<Row>[]>;
  /** How many rows the whole list has. */
  count(actor: Actor, query: ListQuery<Filter>, owners?: Owners<Owner>): Promise<number[]>;
};

type PageRow<Row extends Stored> = { readonly row: Json<Row>; readonly position: Position };

/** Puts a page together from its rows and, where there is one, the row beyond it. */
function toPage<Row extends Stored>(
  rows: readonly PageRow<Row>[],
  order: readonly SortKey[],
  { size, isBackwards, after, before }: PageRequest,
  revive: (row: Json<Row>) => Row,
): Page<Row> {
  const isMore = rows.length > size;
  const edges = rows.slice(0, size).map(({ row, position }) => ({
    cursor: encodeCursor(order, position),
    node: revive(row),
  }));
  return {
    edges: isBackwards ? edges.reverse() : edges,
    hasNextPage: isBackwards ? before !== undefined : isMore,
    hasPreviousPage: isBackwards ? isMore : after !== undefined,
  };
}

/** The lists that a definition describes, over one database. */
export function createListing<Row extends Stored, Filter, Field extends string, Owner extends string>(
  { db }: { readonly db: Database },
  { table, select, orders, owners: ownerColumns, conditions }: ListingDefinition<Filter, Field, Owner>,
  revive: (row: Json<Row>) => Row,
): Listing<Row, Filter, Field, Owner> {
  /** Without owners there is one list, which nobody owns. */
  const ownersSql = (owners: Owners<Owner> | undefined) =>
    sql`unnest(${(owners?.ids ?? [0]).map(String)}::bigint[]) with ordinality as o (id, place)`;

  const rowsSql = (actor: Actor, { filter }: ListQuery<Filter>, owners: Owners<Owner> | undefined) => {
    const organizationId = actor.organization.id;
    const where: RawBuilder<boolean>[] = [sql`t.organization_id = ${organizationId}`];
    if (owners) where.push(sql`${ownerColumns[owners.by]} = o.id`);
    where.push(...conditions(organizationId, filter));
    return { from: sql`${sql.table(table)} t`, where };
  };

  return {
    prepare: (args, filter, orderBy) => {
      const order = completeOrder(orders, orderBy);
      return { filter, order, page: readPageArguments(args, order) };
    },

    readPages: async (actor, query, owners) => {
      const { order, page } = query;
      const { from, where } = rowsSql(actor, query, owners);
      if (page.after) where.push(beyondSql(order, page.after, false));
      if (page.before) where.push(beyondSql(order, page.before, true));
      const ordered = orderSql(order, page.isBackwards);
      const { rows } = await sql<{ rows: readonly PageRow<Row>[] }>`
        select (
          select coalesce(json_agg(json_build_object(
            'row', (select to_json(r) from (select ${select}) r), 'position', ${positionSql(order)}
          ) order by ${ordered}), '[]') from (
            select t.* from ${from} where ${sql.join(where, sql` and `)} order by ${ordered} limit ${page.size + 1}
          ) t
        ) as rows from ${ownersSql(owners)} order by o.place`.execute(db);
      return rows.map((list) => toPage(list.rows, order, page, revive));
    },

    count: async (actor, query, owners) => {
      const { from, where } = rowsSql(actor, query, owners);
      const { rows } = await sql<{ count: number }>`
        select (select count(*) from ${from} where ${sql.join(where, sql` and `)}) as count
        from ${ownersSql(owners)} order by o.place`.execute(db);
      return rows.map(({ count }) => count);
    },
  };
}
