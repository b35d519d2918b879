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
import { type RecordFormat, createColumnFormat, createRowFormat, rowsSql } from '../upsert/record-formats.ts';
import { type Index, collectKeys, indexRows } from '../upsert/relations.ts';
import type { Wanted } from '../upsert/model.ts';
import type { RecordKey } from '../upsert/types.ts';
import { customerColumns, customerSelect } from './columns.ts';
import type { UpsertCustomerInput } from './input.ts';

/** Everything that judging a list of customers needs and, where that was wanted, answering it, as one statement saw it. */
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

type SnapshotRow<Customers> = {
  readonly settings: OrganizationSettings;
  readonly customers: Customers;
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

/** A user, payment type or segmentation from the table aliased `t`. */
export const nameColumns = sql.raw('t.id, t.reference, t.name');

/** A region from the table aliased `t`. */
export const regionColumns = sql.raw('t.id, t.name, t.level, t.parent_id as "parentId"');

/** In which format the customers come, and whether what is related to them does too, beside what the inputs name. */
type Form<Customers> = { readonly format: RecordFormat<Customer, Customers>; readonly withRelated: boolean };

type Read = (db: Database, args: ReadArguments) => Promise<CustomerSnapshot>;

function toSnapshot(row: SnapshotRow<readonly Customer[]>): CustomerSnapshot {
  const categories = row.categories.map(reviveDates);
  return {
    settings: row.settings,
    customers: indexRows(row.customers),
    categories: indexRows(categories),
    root: categories.find((category) => category.isRoot),
    segmentations: indexRows(row.segmentations),
    users: indexRows(row.users),
    paymentTypes: indexRows(row.payment_types),
    regions: indexRows(row.regions),
    ancestors: new Map(row.ancestors),
  };
}

function defineReading<Customers>({ format, withRelated }: Form<Customers>, withParents: boolean): Read {
  const read = defineStatement<ReadArguments, SnapshotRow<Customers>>((slots) => {
    const { organizationId, references } = slots;
    const select = (table: string, columns: RawBuilder<unknown>, where: RawBuilder<unknown>) => sql`
      select ${columns} from ${sql.ref(table)} t where t.organization_id = ${organizationId} and (${where})`;
    const related = (ids: RawBuilder<unknown>, ofNamed: RawBuilder<unknown>) =>
      withRelated ? sql`(${ids}::bigint[] || array(${ofNamed}))` : sql`(${ids}::bigint[])`;
    const relatedBy = (ids: RawBuilder<unknown>, key: keyof CustomerState) =>
      related(ids, sql`select n.${sql.ref(key)} from named n where n.${sql.ref(key)} is not null`);
    const keyed = (ids: RawBuilder<unknown>, names: RawBuilder<unknown>, key: keyof CustomerState) =>
      sql`t.reference = any (${names}::text[]) or t.id = any ${relatedBy(ids, key)}`;
    const areParents = sql`(${keyed(slots.parentIds, slots.parentReferences, 'parentId')}) and t.reference <> all (${references}::text[])`;
    const parents = sql`union all ${select('customers', customerSelect, areParents)}`;
    const paymentTypeIds = related(slots.paymentTypeIds, sql`select unnest(n."paymentTypeIds") from named n`);
    const parentKeys = { ids: slots.parentIds, references: slots.parentReferences };
    return sql<SnapshotRow<Customers>>`
      with named as (${select('customers', customerSelect, sql`t.reference = any (${references}::text[])`)})
      select
        (select to_json(o) from (
          select currency, currencies, geographical_locations as "geographicalLocations", region_level as "regionLevel"
          from organizations where id = ${organizationId}
        ) o) as settings,
        ${format.toSql(sql`select * from named ${withParents || withRelated ? parents : sql``}`)} as customers,
        ${rowsSql(
          select(
            'customer_categories',
            categorySelect,
            sql`t.is_root or ${keyed(slots.categoryIds, slots.categoryReferences, 'categoryId')}`,
          ),
        )} as categories,
        ${rowsSql(
          select(
            'customer_segmentations',
            nameColumns,
            keyed(slots.segmentationIds, slots.segmentationReferences, 'segmentationId'),
          ),
        )} as segmentations,
        ${rowsSql(select('users', nameColumns, keyed(slots.userIds, slots.userReferences, 'createdById')))} as users,
        ${rowsSql(
          select(
            'payment_types',
            nameColumns,
            sql`t.reference = any (${slots.paymentTypeReferences}::text[]) or t.id = any ${paymentTypeIds}`,
          ),
        )} as payment_types,
        ${rowsSql(select('regions', regionColumns, sql`t.id = any ${relatedBy(slots.regionIds, 'regionId')}`))} as regions,
        ${withParents ? ancestorsSql('customers', organizationId, parentKeys) : sql`'[]'::json`} as ancestors`;
  });
  return async (db, args) => {
    const [row] = await read(db, args);
    if (!row) throw new Error('The reading statement answered no row.');
    return toSnapshot({ ...row, customers: format.read(row.customers) });
  };
}

type Readings = { readonly withParents: Read; readonly withoutParents: Read };

function defineReadings<Customers>(form: Form<Customers>): Readings {
  return { withParents: defineReading(form, true), withoutParents: defineReading(form, false) };
}

const rowFormat = createRowFormat<Customer>();
const columnFormat = createColumnFormat<Customer>(customerColumns);

const readings = {
  few: defineReadings({ format: rowFormat, withRelated: true }),
  many: defineReadings({ format: columnFormat, withRelated: true }),
  bare: defineReadings({ format: columnFormat, withRelated: false }),
};

/** Measured: from five on a list a column takes less. */
const mostFew = 4;

function collectArguments(organizationId: number, { inputs, userIds }: Wanted<UpsertCustomerInput>): ReadArguments {
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

/**
 * Reads, in one statement, the customers that the inputs name and every relation of the inputs and, where that is wanted, of
 * those customers.
 */
export async function readCustomers(
  db: Database,
  organizationId: number,
  wanted: Wanted<UpsertCustomerInput>,
): Promise<CustomerSnapshot> {
  const args = collectArguments(organizationId, wanted);
  const { withParents, withoutParents } = !wanted.withRelated
    ? readings.bare
    : readings[args.references.length > mostFew ? 'many' : 'few'];
  const namesParents = args.parentIds.length + args.parentReferences.length > 0;
  return (namesParents ? withParents : withoutParents)(db, args);
}
