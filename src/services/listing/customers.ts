import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { findCountryCode } from '../countries.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { customerColumns, customerSelect } from '../customers/columns.ts';
import { nameColumns, regionColumns } from '../customers/read.ts';
import type { Customer, CustomerCategory, CustomerSegmentation, PaymentType, Region, User } from '../records.ts';
import { reviveDates } from '../upsert/json.ts';
import type { RecordKey } from '../upsert/types.ts';
import { isInSubtree, isRecord, isUpdatedSince, whenSent } from './conditions.ts';
import type { Filtered, ListingDefinition } from './definition.ts';
import { type Listing, createListing } from './listing.ts';
import { asIs, relateBy, relateByArray } from './related.ts';
import { nameMatches, referenceMatches } from './text.ts';

/** Which customers: those that fit everything that is sent. */
export type CustomerFilter = Filtered<{
  reference: string;
  name: string;
  category: RecordKey;
  categorySubtree: RecordKey;
  segmentation: RecordKey;
  isActive: boolean;
  onHold: boolean;
  country: string;
  updatedSince: Date;
}>;

export type CustomerOrderField = 'id' | 'reference' | 'name' | 'country' | 'city' | 'dateCreated' | 'lastUpdated';
export type CustomerOwner = 'category' | 'parent';

/** What customers name, by the name of their field. */
export type CustomerRelated = {
  readonly customerCategory: CustomerCategory;
  readonly parentCustomer: Customer;
  readonly customerSegmentation: CustomerSegmentation;
  readonly createdBy: User;
  readonly paymentTypes: PaymentType;
  readonly region: Region;
};

const category = sql`t.category_id`;
const nameLower = sql`t.name_lower`;

const definition: ListingDefinition<CustomerRelated, CustomerFilter, CustomerOrderField, CustomerOwner> = {
  table: 'customers',
  columns: customerColumns,
  relations: {
    customerCategory: relateBy('category_id', 'customer_categories', categorySelect, reviveDates<CustomerCategory>),
    parentCustomer: relateBy('parent_id', 'customers', customerSelect, reviveDates<Customer>),
    customerSegmentation: relateBy(
      'segmentation_id',
      'customer_segmentations',
      nameColumns,
      asIs<CustomerSegmentation>,
    ),
    createdBy: relateBy('created_by_id', 'users', nameColumns, asIs<User>),
    paymentTypes: relateByArray('payment_type_ids', 'payment_types', nameColumns, asIs<PaymentType>),
    region: relateBy('region_id', 'regions', regionColumns, asIs<Region>),
  },
  orders: {
    id: { kind: 'id', sql: sql`t.id`, isUnique: true },
    reference: { kind: 'text', sql: sql`t.reference`, isUnique: true },
    name: { kind: 'text', sql: nameLower },
    country: { kind: 'text', sql: sql`t.country collate "C"`, isNullable: true },
    city: { kind: 'text', sql: sql`lower(t.city) collate "C"`, isNullable: true },
    dateCreated: { kind: 'moment', sql: sql`t.date_created` },
    lastUpdated: { kind: 'moment', sql: sql`t.last_updated` },
  },
  owners: { category, parent: sql`t.parent_id` },
  conditions: (filter) => [
    ...whenSent(filter.reference, referenceMatches),
    ...whenSent(filter.name, (name) => nameMatches(nameLower, name)),
    ...whenSent(filter.category, (key) => isRecord(category, 'customer_categories', key)),
    ...whenSent(filter.categorySubtree, (key) => isInSubtree(category, key)),
    ...whenSent(filter.segmentation, (key) => isRecord(sql`t.segmentation_id`, 'customer_segmentations', key)),
    ...whenSent(filter.isActive, (isActive) => sql`t.is_active = ${isActive}::boolean`),
    ...whenSent(filter.onHold, (onHold) => sql`t.on_hold = ${onHold}::boolean`),
    ...whenSent(filter.country, (country) => sql`t.country = ${findCountryCode(country) ?? null}::text`),
    ...whenSent(filter.updatedSince, isUpdatedSince),
  ],
};

export type CustomerListing = Listing<Customer, CustomerRelated, CustomerFilter, CustomerOrderField, CustomerOwner>;

/** Lists of customers: all of them, those directly in a category, or those below a parent customer. */
export function createCustomerListing(deps: { readonly db: Database }): CustomerListing {
  return createListing(deps, definition, reviveDates<Customer>);
}
