import { type RawBuilder, sql } from 'kysely';
import { limits } from '../../contract/limits.ts';
import { planOnce } from '../../db/statement-names.ts';
import type { Stored } from '../records.ts';
import type { Json } from '../upsert/json.ts';
import type { ListQuery, ListingDefinition, Owners, Wanted } from './definition.ts';
import { type Positioned, beyondSql, orderSql, positionSql } from './order.ts';
import { createProjection } from './projection.ts';
import { type Relation, relatedSql } from './related.ts';
import { type Rows, ownersSql } from './rows.ts';

/** A row of a page; `place` counts the owners from 1, where there are any. */
export type PageRow<Row extends Stored> = Json<Row> & Positioned & { readonly place?: number };

/** What a page's statement answers: the rows in order, owner by owner, and of relations what only they can read. */
export type PageAnswer<Row extends Stored, Related> = {
  readonly rows: readonly PageRow<Row>[];
  readonly related: { readonly [Name in keyof Related]?: readonly never[] };
};

type PageStatement<Row extends Stored, Related, Owner extends string> = (
  organizationId: number,
  rows: Rows,
  query: ListQuery<unknown>,
  owners?: Owners<Owner>,
) => RawBuilder<PageAnswer<Row, Related>>;

/** Of one kind of list so many statements are prepared at most: clients choose what they select, and how it is ordered. */
const mostPrepared = 50;

const nothing = sql``;

/** What a list's statement begins with: without filters it can be prepared, while those have to be planned for. */
function createMarking(): (query: ListQuery<unknown>, by: string | undefined) => RawBuilder<unknown> {
  const prepared = new Set<string>();
  return ({ order, page: { isBackwards, ...page }, wanted }, by) => {
    const bounds = [page.after, page.before].map((position) => position?.map((value) => value === null));
    const shape = JSON.stringify([order, isBackwards, bounds, wanted, by]);
    if (prepared.size < mostPrepared) prepared.add(shape);
    return prepared.has(shape) ? sql.raw(planOnce) : nothing;
  };
}

/**
 * One row more than a page has, which shows whether there is more. A plan that is made for pages of any size learns from
 * the inner limit that they are small.
 */
function limitSql(rows: RawBuilder<unknown>, size: number, isFiltered: boolean): RawBuilder<unknown> {
  if (isFiltered) return sql`${rows} limit ${size + 1}`;
  return sql`select t.* from (${rows} limit ${sql.lit(limits.graphql.recordsPerPage.largest + 1)}) t limit ${size + 1}`;
}

/** The rows of the page, as the table `page`. */
function foundSql({ from, where, isFiltered }: Rows, { order, page }: ListQuery<unknown>): RawBuilder<unknown> {
  const bounded = [
    ...where,
    ...(page.after ? [beyondSql(order, page.after, false)] : []),
    ...(page.before ? [beyondSql(order, page.before, true)] : []),
  ];
  const rows = sql`
    select t.* from ${from} where ${sql.join(bounded, sql` and `)} order by ${orderSql(order, page.isBackwards)}`;
  return limitSql(rows, page.size, isFiltered);
}

/** The statement that reads pages of a kind of list, with all that is wanted of them. */
export function createPageStatement<Row extends Stored, Related extends object, Filter, Owner extends string>(
  definition: ListingDefinition<Related, Filter, string, Owner>,
): PageStatement<Row, Related, Owner> {
  const project = createProjection(definition);
  const mark = createMarking();

  const relatedOf = (organizationId: number, { fields, withRelations }: Wanted) => {
    const named = Object.entries<Relation<unknown>>(definition.relations).filter(
      ([field]) => withRelations && fields.includes(field),
    );
    return sql`json_build_object(${sql.join(
      named.flatMap(([field, relation]) => [sql.lit(field), relatedSql(relation, organizationId)]),
    )})`;
  };

  return (organizationId, rows, query, owners) => {
    const { order, page, wanted } = query;
    const found = foundSql(rows, query);
    const ordered = orderSql(order, page.isBackwards);
    return sql`${rows.isFiltered ? nothing : mark(query, owners?.by)}with page as materialized (
      ${owners ? sql`select o.place, t.* from ${ownersSql(owners)} cross join lateral (${found}) t` : found}
    )
    select (
      select coalesce(json_agg(r), '[]') from (
        select ${project(wanted.fields)}${positionSql(order)}${owners ? sql`, t.place` : nothing}
        from page t order by ${owners ? sql`t.place, ` : nothing}${ordered}
      ) r
    ) as rows, ${relatedOf(organizationId, wanted)} as related`;
  };
}
