import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { categoryColumns, categorySelect } from '../customer-categories/columns.ts';
import type { CustomerCategory } from '../records.ts';
import { reviveDates } from '../upsert/json.ts';
import type { RecordKey } from '../upsert/types.ts';
import { isRecord, isUpdatedSince, whenSent } from './conditions.ts';
import type { Filtered, ListingDefinition } from './definition.ts';
import { type Listing, createListing } from './listing.ts';
import { relateBy } from './related.ts';
import { nameMatches, referenceMatches } from './text.ts';

/** Which categories: those that fit everything that is sent. */
export type CategoryFilter = Filtered<{
  reference: string;
  name: string;
  parent: RecordKey;
  isRoot: boolean;
  updatedSince: Date;
}>;

export type CategoryOrderField = 'id' | 'reference' | 'name' | 'dateCreated' | 'lastUpdated';
export type CategoryOwner = 'parent';

/** What categories name, by the name of their field. */
export type CategoryRelated = { readonly parent: CustomerCategory };

const parent = sql`t.parent_id`;
const nameLower = sql`lower(t.name) collate "C"`;

const definition: ListingDefinition<CategoryRelated, CategoryFilter, CategoryOrderField, CategoryOwner> = {
  table: 'customer_categories',
  columns: categoryColumns,
  relations: {
    parent: relateBy('parent_id', 'customer_categories', categorySelect, reviveDates<CustomerCategory>),
  },
  orders: {
    id: { kind: 'id', sql: sql`t.id`, isUnique: true },
    reference: { kind: 'text', sql: sql`t.reference`, isUnique: true },
    name: { kind: 'text', sql: nameLower },
    dateCreated: { kind: 'moment', sql: sql`t.date_created` },
    lastUpdated: { kind: 'moment', sql: sql`t.last_updated` },
  },
  owners: { parent },
  conditions: (filter) => [
    ...whenSent(filter.reference, referenceMatches),
    ...whenSent(filter.name, (name) => nameMatches(nameLower, name)),
    ...whenSent(filter.parent, (key) => isRecord(parent, 'customer_categories', key)),
    ...whenSent(filter.isRoot, (isRoot) => sql`t.is_root = ${isRoot}::boolean`),
    ...whenSent(filter.updatedSince, isUpdatedSince),
  ],
};

export type CategoryListing = Listing<
  CustomerCategory,
  CategoryRelated,
  CategoryFilter,
  CategoryOrderField,
  CategoryOwner
>;

/** Lists of categories: all of them, or those directly below a category. */
export function createCategoryListing(deps: { readonly db: Database }): CategoryListing {
  return createListing(deps, definition, reviveDates<CustomerCategory>);
}
