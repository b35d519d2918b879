import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type {
  Customer,
  CustomerCategory,
  CustomerSegmentation,
  OrganizationSettings,
  PaymentType,
  Region,
  User,
} from '../records.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { type AncestorPairs, type Ancestors, ancestorsSql } from '../upsert/ancestors.ts';
import { createColumnSql, storedSql } from '../upsert/columns.ts';
import { type Json, reviveDates } from '../upsert/json.ts';
import { type Index, collectKeys, indexRows } from '../upsert/relations.ts';
import { customerColumns } from './columns.ts';
import type { UpsertCustomerInput } from './input.ts';

const columnSql = createColumnSql(customerColumns);

/** A customer from the table or subquery aliased `t`, its keys those of `Customer`. */
export const customerSelect: RawBuilder<unknown> = sql`${storedSql}, ${columnSql.select}, array(
  select p.payment_type_id from customer_payment_types p
  where p.organization_id = t.organization_id and p.customer_id = t.id order by p.payment_type_id
) as "paymentTypeIds"`;

/** Everything that judging and answering a list of customers needs, as one statement saw it. */
export type CustomerSnapshot = {
  readonly settings: OrganizationSettings;
  readonly customers: Index<Customer>;
  readonly categories: Index<CustomerCategory>;
  readonly root: CustomerCategory | undefined;
  readonly segmentations: Index<CustomerSegmentation>;
  readonly users: Index<User>;
  readonly paymentTypes: Index<PaymentType>;
  readonly regions: Index<Region>;
  /** Of the parents that the inputs name. */
  readonly ancestors: Ancestors;
};

type SnapshotRow = {
  readonly settings: OrganizationSettings;
  readonly customers: readonly Json<Customer>[];
  readonly categories: readonly Json<CustomerCategory>[];
  readonly segmentations: readonly CustomerSegmentation[];
  readonly users: readonly User[];
  readonly payment_types: readonly PaymentType[];
  readonly regions: readonly Region[];
  readonly ancestors: AncestorPairs;
};

/** Reads, in one statement, the customers that the inputs name and every relation of the inputs and of those customers. */
export async function readCustomers(
  db: Database,
  organizationId: number,
  inputs: readonly UpsertCustomerInput[],
  userIds: readonly number[],
): Promise<CustomerSnapshot> {
  const references = inputs.flatMap((input) => [input.reference, ...(input.newReference ? [input.newReference] : [])]);
  const parents = collectKeys(inputs.map((input) => input.parentCustomer));
  const categories = collectKeys(inputs.map((input) => input.customerCategory));
  const segmentations = collectKeys(inputs.map((input) => input.customerSegmentation));
  const users = collectKeys(inputs.map((input) => input.createdBy));
  users.ids.push(...userIds.map(String));
  const paymentTypes = collectKeys(inputs.flatMap((input) => input.paymentTypes ?? []));
  const regions = collectKeys(inputs.map((input) => input.regionId));

  const rows = (table: string, select: RawBuilder<unknown>, where: RawBuilder<unknown>) => sql`(
    select coalesce(json_agg(r), '[]') from (
      select ${select} from ${sql.ref(table)} t where t.organization_id = ${organizationId} and (${where})
    ) r)`;
  const keyed = (keys: { ids: string[]; references: string[] }, stored: string) => sql`
    t.reference = any (${keys.references}::text[])
    or t.id = any (${keys.ids}::bigint[] || array(select n.${sql.ref(stored)} from named n))`;
  const named = sql.raw('t.id, t.reference, t.name');

  const {
    rows: [snapshot],
  } = await sql<SnapshotRow>`
    with named as materialized (
      select * from customers t
      where t.organization_id = ${organizationId} and t.reference = any (${references}::text[])
    )
    select
      (select to_json(o) from (
        select currency, currencies, geographical_locations as "geographicalLocations", region_level as "regionLevel"
        from organizations where id = ${organizationId}
      ) o) as settings,
      ${rows('customers', customerSelect, sql`t.reference = any (${references}::text[]) or ${keyed(parents, 'parent_id')}`)}
        as customers,
      ${rows('customer_categories', categorySelect, sql`t.is_root or ${keyed(categories, 'category_id')}`)} as categories,
      ${rows('customer_segmentations', named, keyed(segmentations, 'segmentation_id'))} as segmentations,
      ${rows('users', named, keyed(users, 'created_by_id'))} as users,
      ${rows(
        'payment_types',
        named,
        sql`
        t.reference = any (${paymentTypes.references}::text[]) or t.id = any (${paymentTypes.ids}::bigint[] || array(
          select p.payment_type_id from named n
          join customer_payment_types p on p.organization_id = n.organization_id and p.customer_id = n.id
        ))`,
      )} as payment_types,
      ${rows(
        'regions',
        sql.raw('t.id, t.name, t.level, t.parent_id as "parentId"'),
        sql`
        t.id = any (${regions.ids}::bigint[] || array(select n.region_id from named n))`,
      )} as regions,
      ${ancestorsSql('customers', organizationId, parents)} as ancestors
  `.execute(db);
  if (!snapshot) throw new Error('The reading statement answered no row.');
  const foundCategories = snapshot.categories.map(reviveDates);
  return {
    settings: snapshot.settings,
    customers: indexRows(snapshot.customers.map(reviveDates)),
    categories: indexRows(foundCategories),
    root: foundCategories.find((category) => category.isRoot),
    segmentations: indexRows(snapshot.segmentations),
    users: indexRows(snapshot.users),
    paymentTypes: indexRows(snapshot.payment_types),
    regions: indexRows(snapshot.regions),
    ancestors: new Map(snapshot.ancestors),
  };
}
