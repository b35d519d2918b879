import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { defineStatement } from '../../db/statement.ts';
import type {
  Customer,
  CustomerCategory,
  CustomerSegmentation,
  CustomerState,
  OrganizationSettings,
  PaymentType,
  Region,
  User,
} from '../records.ts';
import { categorySelect } from '../customer-categories/columns.ts';
import { type AncestorPairs, type Ancestors, ancestorsSql } from '../upsert/ancestors.ts';
import { type Json, reviveDates } from '../upsert/json.ts';
import { type Index, collectKeys, indexRows } from '../upsert/relations.ts';
import { customerSelect } from './columns.ts';
import type { RecordKey } from '../upsert/types.ts';
import type { UpsertCustomerInput } from './input.ts';

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

type Keys = { readonly ids: readonly string[]; readonly references: readonly string[] };

/** What the reading is told: its names are those of `defineStatement`. */
type ReadArguments = {
  readonly organizationId: number;
  readonly references: readonly string[];
  readonly parentIds: readonly string[];
  readonly parentReferences: readonly string[];
  readonly categoryIds: readonly string[];
  readonly categoryReferences: readonly string[];
  readonly segmentationIds: readonly string[];
  readonly segmentationReferences: readonly string[];
  readonly userIds: readonly string[];
  readonly userReferences: readonly string[];
  readonly paymentTypeIds: readonly string[];
  readonly paymentTypeReferences: readonly string[];
  readonly regionIds: readonly string[];
};

type Slots = { readonly [Name in keyof ReadArguments]: RawBuilder<ReadArguments[Name]> };

/** A user, payment type or segmentation from the table aliased `t`. */
export const nameColumns = sql.raw('t.id, t.reference, t.name');

/** A region from the table aliased `t`. */
export const regionColumns = sql.raw('t.id, t.name, t.level, t.parent_id as "parentId"');

function defineReading(ancestorsOf: (slots: Slots) => RawBuilder<AncestorPairs>) {
  return defineStatement<ReadArguments, SnapshotRow>((slots) => {
    const { organizationId, references } = slots;
    const list = (rows: RawBuilder<unknown>) => sql`(select coalesce(json_agg(r), '[]') from (${rows}) r)`;
    const select = (table: string, columns: RawBuilder<unknown>, where: RawBuilder<unknown>) => sql`
      select ${columns} from ${sql.ref(table)} t where t.organization_id = ${organizationId} and (${where})`;
    const stored = (key: keyof CustomerState) =>
      sql`array(select n.${sql.ref(key)} from named n where n.${sql.ref(key)} is not null)`;
    const keyed = (ids: RawBuilder<unknown>, names: RawBuilder<unknown>, key: keyof CustomerState) =>
      sql`t.reference = any (${names}::text[]) or t.id = any (${ids}::bigint[] || ${stored(key)})`;
    const parents = sql`(${keyed(slots.parentIds, slots.parentReferences, 'parentId')}) and t.reference <> all (${references}::text[])`;
    const chosenPaymentTypes = sql`array(select unnest(n."paymentTypeIds") from named n)`;
    return sql<SnapshotRow>`
      with named as materialized (
        select ${customerSelect} from customers t
        where t.organization_id = ${organizationId} and t.reference = any (${references}::text[])
      )
      select
        (select to_json(o) from (
          select currency, currencies, geographical_locations as "geographicalLocations", region_level as "regionLevel"
          from organizations where id = ${organizationId}
        ) o) as settings,
        ${list(sql`table named union all ${select('customers', customerSelect, parents)}`)} as customers,
        ${list(
          select(
            'customer_categories',
            categorySelect,
            sql`t.is_root or ${keyed(slots.categoryIds, slots.categoryReferences, 'categoryId')}`,
          ),
        )} as categories,
        ${list(
          select(
            'customer_segmentations',
            nameColumns,
            keyed(slots.segmentationIds, slots.segmentationReferences, 'segmentationId'),
          ),
        )} as segmentations,
        ${list(select('users', nameColumns, keyed(slots.userIds, slots.userReferences, 'createdById')))} as users,
        ${list(
          select(
            'payment_types',
            nameColumns,
            sql`t.reference = any (${slots.paymentTypeReferences}::text[])
              or t.id = any (${slots.paymentTypeIds}::bigint[] || ${chosenPaymentTypes})`,
          ),
        )} as payment_types,
        ${list(
          select('regions', regionColumns, sql`t.id = any (${slots.regionIds}::bigint[] || ${stored('regionId')})`),
        )} as regions,
        ${ancestorsOf(slots)} as ancestors`;
  });
}

const readWithoutParents = defineReading(() => sql`'[]'::json`);
const readWithParents = defineReading(({ organizationId, parentIds, parentReferences }) =>
  ancestorsSql('customers', organizationId, { ids: parentIds, references: parentReferences }),
);

function collectArguments(
  organizationId: number,
  inputs: readonly UpsertCustomerInput[],
  userIds: readonly number[],
): ReadArguments {
  const collect = (keyOf: (input: UpsertCustomerInput) => RecordKey | null | undefined): Keys =>
    collectKeys(inputs.map(keyOf));
  const parents = collect((input) => input.parentCustomer);
  const categories = collect((input) => input.customerCategory);
  const segmentations = collect((input) => input.customerSegmentation);
  const users = collect((input) => input.createdBy);
  const paymentTypes = collectKeys(inputs.flatMap((input) => input.paymentTypes ?? []));
  const regions = collect((input) => input.regionId);
  return {
    organizationId,
    references: inputs.flatMap((input) => [input.reference, ...(input.newReference ? [input.newReference] : [])]),
    parentIds: parents.ids,
    parentReferences: parents.references,
    categoryIds: categories.ids,
    categoryReferences: categories.references,
    segmentationIds: segmentations.ids,
    segmentationReferences: segmentations.references,
    userIds: [...users.ids, ...userIds.map(String)],
    userReferences: users.references,
    paymentTypeIds: paymentTypes.ids,
    paymentTypeReferences: paymentTypes.references,
    regionIds: regions.ids,
  };
}

/** Reads, in one statement, the customers that the inputs name and every relation of the inputs and of those customers. */
export async function readCustomers(
  db: Database,
  organizationId: number,
  inputs: readonly UpsertCustomerInput[],
  userIds: readonly number[],
): Promise<CustomerSnapshot> {
  const args = collectArguments(organizationId, inputs, userIds);
  const namesParents = args.parentIds.length + args.parentReferences.length > 0;
  const [snapshot] = await (namesParents ? readWithParents : readWithoutParents)(db, args);
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
