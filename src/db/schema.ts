import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely';
import type { StoredImage } from '../contract/images.ts';

/** Read as a value, written as JSON text: only text means the same to both drivers. */
type ImageColumn = ColumnType<StoredImage | null, string | null | undefined, string | null>;

export type OrganizationsTable = {
  id: Generated<number>;
  name: string;
  folder: string;
  currency: string;
  currencies: string[];
  geographical_locations: Generated<boolean>;
  region_level: Generated<number>;
  date_created: Generated<Date>;
};

/** Users, payment types and customer segmentations: what an organization names and others point at. */
export type ReferenceTable = {
  organization_id: number;
  id: Generated<number>;
  reference: string;
  name: string;
};

export type RegionsTable = {
  organization_id: number;
  id: Generated<number>;
  name: string;
  level: number;
  parent_id: number | null;
};

export type CustomerCategoriesTable = {
  organization_id: number;
  id: Generated<number>;
  reference: string;
  name: string;
  is_root: boolean;
  parent_id: number | null;
  description: string | null;
  image: ImageColumn;
  version: Generated<number>;
  date_created: Generated<Date>;
  last_updated: Generated<Date>;
};

export type CustomersTable = {
  organization_id: number;
  id: Generated<number>;
  reference: string;
  name: string;
  name_lower: GeneratedAlways<string>;
  barcode: string | null;
  is_active: boolean;
  category_id: number;
  is_sub_customer: boolean;
  parent_id: number | null;
  bill_with_parent: boolean;
  segmentation_id: number | null;
  created_by_id: number | null;
  is_same_address: boolean;
  billing_country: string | null;
  billing_city: string | null;
  billing_postal_code: string | null;
  billing_address: string | null;
  billing_lat: number | null;
  billing_lng: number | null;
  country: string | null;
  city: string | null;
  postal_code: string | null;
  address: string | null;
  latitude: number | null;
  longitude: number | null;
  email: string | null;
  phone: string | null;
  mobile: string | null;
  fax: string | null;
  comment: string | null;
  website: string | null;
  credit_limit: number | null;
  due_date_config_number: number | null;
  due_date_config_type: 'daysAfterInvoiceDate' | 'daysAfterEndOfInvoiceMonth' | null;
  tax_number: string | null;
  company_registration_number: string | null;
  currency: string;
  logo: ImageColumn;
  region_id: number | null;
  on_hold: boolean;
  on_hold_reason: string | null;
  payment_type_ids: Generated<number[]>;
  version: Generated<number>;
  date_created: Generated<Date>;
  last_updated: Generated<Date>;
};

export type ChangesTable = {
  organization_id: number;
  era: GeneratedAlways<number>;
  transaction: GeneratedAlways<number>;
  id: GeneratedAlways<number>;
  kind: 'customer' | 'customerCategory';
  record_id: number;
  reference: string;
  outcome: 'created' | 'updated';
  version: number;
  changed_fields: string[];
  door: 'rest' | 'graphql' | 'import' | 'provisioning';
  actor_user_id: number | null;
  changed_at: Generated<Date>;
};

export type FeedErasTable = {
  era: number;
  server_start: Date;
};

/** `hash` is SHA-256 in hex; of the key itself nothing else is kept but its beginning. */
export type ApiKeysTable = {
  organization_id: number;
  id: GeneratedAlways<number>;
  name: string;
  prefix: string;
  hash: string;
  scopes: string[];
  user_id: number | null;
  created_at: Generated<Date>;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
};

export type ImageSweepsTable = {
  only_row: Generated<boolean>;
  begun_at: Date;
  kept_until: Date | null;
};

/** The tables of `migrations/`, as Kysely sees them: ids are JS numbers, timestamps are `Date`. */
export type Schema = {
  organizations: OrganizationsTable;
  users: ReferenceTable;
  payment_types: ReferenceTable;
  customer_segmentations: ReferenceTable;
  regions: RegionsTable;
  customer_categories: CustomerCategoriesTable;
  customers: CustomersTable;
  changes: ChangesTable;
  feed_eras: FeedErasTable;
  api_keys: ApiKeysTable;
  image_sweeps: ImageSweepsTable;
};

/** An open database, or a transaction on one. */
export type Database = Kysely<Schema>;
