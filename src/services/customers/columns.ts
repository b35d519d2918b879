import { type RawBuilder, sql } from 'kysely';
import type { CustomerState } from '../records.ts';
import { type Column, createColumnSql, defineColumn, storedSql } from '../upsert/columns.ts';

type CustomerColumn = Column<keyof CustomerState>;

const column: (...row: Parameters<typeof defineColumn<CustomerColumn['key']>>) => CustomerColumn = defineColumn;

/** How a customer's own state lies in its table, and which input field each part belongs to. */
export const customerColumns: readonly CustomerColumn[] = [
  column('text', 'reference', 'reference'),
  column('text', 'name', 'name'),
  column('text', 'barcode', 'barcode'),
  column('boolean', 'is_active', 'isActive'),
  column('bigint', 'category_id', 'categoryId', 'customerCategory'),
  column('boolean', 'is_sub_customer', 'isSubCustomer'),
  column('bigint', 'parent_id', 'parentId', 'parentCustomer'),
  column('boolean', 'bill_with_parent', 'billWithParent'),
  column('bigint', 'segmentation_id', 'segmentationId', 'customerSegmentation'),
  column('bigint', 'created_by_id', 'createdById', 'createdBy'),
  column('boolean', 'is_same_address', 'isSameAddress'),
  column('text', 'billing_country', 'billingCountry'),
  column('text', 'billing_city', 'billingCity'),
  column('text', 'billing_postal_code', 'billingPostalCode'),
  column('text', 'billing_address', 'billingAddress'),
  column('double precision', 'billing_lat', 'billingLat'),
  column('double precision', 'billing_lng', 'billingLng'),
  column('text', 'country', 'country'),
  column('text', 'city', 'city'),
  column('text', 'postal_code', 'postalCode'),
  column('text', 'address', 'address'),
  column('double precision', 'latitude', 'latitude'),
  column('double precision', 'longitude', 'longitude'),
  column('text', 'email', 'email'),
  column('text', 'phone', 'phone'),
  column('text', 'mobile', 'mobile'),
  column('text', 'fax', 'fax'),
  column('text', 'comment', 'comment'),
  column('text', 'website', 'website'),
  column('double precision', 'credit_limit', 'creditLimit'),
  column('integer', 'due_date_config_number', 'dueDateConfigNumber'),
  column('text', 'due_date_config_type', 'dueDateConfigType'),
  column('text', 'tax_number', 'taxNumber'),
  column('text', 'company_registration_number', 'companyRegistrationNumber'),
  column('text', 'currency', 'currency'),
  column('jsonb', 'logo', 'logo'),
  column('bigint', 'region_id', 'regionId'),
  column('boolean', 'on_hold', 'onHold'),
  column('text', 'on_hold_reason', 'onHoldReason'),
  column('bigint[]', 'payment_type_ids', 'paymentTypeIds', 'paymentTypes'),
];

/** A customer from the table aliased `t`, its keys those of `Customer`. */
export const customerSelect: RawBuilder<unknown> = sql`${storedSql}, ${createColumnSql(customerColumns).select}`;
