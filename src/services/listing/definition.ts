import type { RawBuilder } from 'kysely';
import type { Column } from '../upsert/columns.ts';
import type { Condition } from './conditions.ts';
import type { OrderKeys, SortKey } from './order.ts';
import type { PageRequest } from './page.ts';
import type { Relations } from './related.ts';

/** Filters: null is as good as left out. */
export type Filtered<Fields> = { readonly [Field in keyof Fields]?: Fields[Field] | null | undefined };

/** What one kind of list is made of; every expression is over the row aliased `t`. */
export type ListingDefinition<Related, Filter, Field extends string, Owner extends string> = {
  readonly table: string;
  /** The rows' own, beside `storedColumns`. */
  readonly columns: readonly Column<string>[];
  readonly relations: Relations<Related>;
  readonly orders: OrderKeys<Field>;
  /** The columns by which records own rows of the list. */
  readonly owners: Readonly<Record<Owner, RawBuilder<unknown>>>;
  readonly conditions: (filter: Filter) => readonly Condition[];
};

/** The names of the fields that are asked of the rows; with `withRelations` also the records that these name are read. */
export type Wanted = { readonly fields: readonly string[]; readonly withRelations: boolean };

/** One page of which list: made by `prepare`, the same text as JSON if it is the same list. */
export type ListQuery<Filter> = {
  readonly filter: Filter;
  readonly order: readonly SortKey[];
  readonly page: PageRequest;
  readonly wanted: Wanted;
};

/** Whose rows are listed: each of these records has a list of its own. */
export type Owners<Owner extends string> = { readonly by: Owner; readonly ids: readonly number[] };
