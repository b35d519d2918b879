import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Database } from '../../db/schema.ts';
import { planEachTime } from '../../db/statement-names.ts';
import { databaseOf } from '../deps.ts';
import type { Stored } from '../records.ts';
import type { Json } from '../upsert/json.ts';
import type { Scope } from './conditions.ts';
import { encodeCursor } from './cursor.ts';
import type { ListQuery, ListingDefinition, Owners, Wanted } from './definition.ts';
import { type OrderBy, type Positioned, type SortKey, completeOrder, readPosition } from './order.ts';
import { type PageArguments, readPageArguments } from './page.ts';
import { type PageAnswer, type PageRow, createPageStatement } from './page-statement.ts';
import type { Relations } from './related.ts';
import { ownersSql, readRowsSql } from './rows.ts';

export type Page<Row> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** The records that rows name, each once, of the relations that were asked for. */
export type RelatedRows<Related> = { readonly [Name in keyof Related]?: readonly Related[Name][] };

/** Pages as one statement saw them, together with what their rows name. */
export type Pages<Row, Related> = { readonly pages: readonly Page<Row>[]; readonly related: RelatedRows<Related> };

/** Lists of one kind of record. Of several owners all lists are read in one statement, and answered in their order. */
export type Listing<Row, Related, Filter, Field extends string, Owner extends string> = {
  /** Throws a `ListRequestError` where the arguments ask for no page. */
  prepare(args: PageArguments, filter: Filter, orderBy: readonly OrderBy<Field>[], wanted: Wanted): ListQuery<Filter>;
  /** Of the rows only `id` and what the wanted fields are made of is read; there is nothing else to be found in them. */
  readPages(actor: Actor, query: ListQuery<Filter>, owners?: Owners<Owner>): Promise<Pages<Row, Related>>;
  /** How many rows the whole list has. */
  count(actor: Actor, query: ListQuery<Filter>, owners?: Owners<Owner>): Promise<number[]>;
};

/** A row in its place. Its cursor is made when it is asked for, since of most pages at most one is. */
class Edge<Row> {
  readonly node: Row;
  readonly #order: readonly SortKey[];
  readonly #row: Positioned;

  constructor(node: Row, order: readonly SortKey[], row: Positioned) {
    this.node = node;
    this.#order = order;
    this.#row = row;
  }

  get cursor(): string {
    return encodeCursor(this.#order, readPosition(this.#order, this.#row));
  }
}

/** Puts a page together from its rows and, where there is one, the row beyond it. */
function toPage<Row extends Stored>(
  rows: readonly PageRow<Row>[],
  { order, page: { size, isBackwards, after, before } }: ListQuery<unknown>,
  revive: (row: Json<Row>) => Row,
): Page<Row> {
  const isMore = rows.length > size;
  const edges = rows.slice(0, size).map((row) => new Edge(revive(row), order, row));
  return {
    edges: isBackwards ? edges.reverse() : edges,
    hasNextPage: isBackwards ? before !== undefined : isMore,
    hasPreviousPage: isBackwards ? isMore : after !== undefined,
  };
}

/** The rows of each of so many owners; without any there is one list. */
function splitByOwner<Row extends { readonly place?: number }>(rows: readonly Row[], owners = 1): Row[][] {
  const lists = Array.from({ length: owners }, (): Row[] => []);
  for (const row of rows) lists[(row.place ?? 1) - 1]?.push(row);
  return lists;
}

function reviveRelated<Related extends object>(
  related: PageAnswer<Stored, Related>['related'],
  relations: Relations<Related>,
): RelatedRows<Related> {
  const revived: { -readonly [Name in keyof Related]?: readonly Related[Name][] } = {};
  for (const name in relations) revived[name] = related[name]?.map((row) => relations[name].revive(row)) ?? [];
  return revived;
}

/** The lists that a definition describes, over one database. */
export function createListing<
  Row extends Stored,
  Related extends object,
  Filter,
  Field extends string,
  Owner extends string,
>(
  deps: { readonly db: Database },
  definition: ListingDefinition<Related, Filter, Field, Owner>,
  revive: (row: Json<Row>) => Row,
): Listing<Row, Related, Filter, Field, Owner> {
  const pageSql = createPageStatement<Row, Related, Filter, Owner>(definition);
  const scopeOf = (actor: Actor): Scope => ({ db: databaseOf(deps, actor), organizationId: actor.organization.id });
  return {
    prepare: (args, filter, orderBy, wanted) => {
      const order = completeOrder(definition.orders, orderBy);
      return { filter, order, page: readPageArguments(args, order), wanted };
    },

    readPages: async (actor, query, owners) => {
      const scope = scopeOf(actor);
      const rows = await readRowsSql(definition, scope, query, owners);
      const page = pageSql(scope.organizationId, rows, query, owners);
      const [answer] = (await page.execute(scope.db)).rows;
      if (!answer) throw new Error('The statement of a page answered no row.');
      return {
        pages: splitByOwner(answer.rows, owners?.ids.length).map((found) => toPage(found, query, revive)),
        related: reviveRelated(answer.related, definition.relations),
      };
    },

    count: async (actor, query, owners) => {
      const scope = scopeOf(actor);
      const { from, where, isFiltered } = await readRowsSql(definition, scope, query, owners);
      const mark = sql.raw(isFiltered ? planEachTime : '');
      const counted = sql`select count(*) from ${from} where ${sql.join(where, sql` and `)}`;
      const { rows } = await (
        owners
          ? sql<{ count: number }>`${mark}select (${counted}) as count from ${ownersSql(owners)} order by o.place`
          : sql<{ count: number }>`${mark}${counted}`
      ).execute(scope.db);
      return rows.map(({ count }) => count);
    },
  };
}
