import { type RawBuilder, sql } from 'kysely';
import type { Actor } from '../actor.ts';
import { normalizeId } from '../contract/ids.ts';
import type { Database } from '../db/schema.ts';
import { categorySelect } from './customer-categories/columns.ts';
import { customerSelect } from './customers/columns.ts';
import { databaseOf } from './deps.ts';
import type {
  Customer,
  CustomerCategory,
  CustomerSegmentation,
  OrganizationSettings,
  PaymentType,
  Region,
  User,
} from './records.ts';
import { type Json, reviveDates } from './upsert/json.ts';
import { normalizeKey } from './upsert/check.ts';
import { collectKeys } from './upsert/relations.ts';
import type { RecordKey } from './upsert/types.ts';

type Deps = { readonly db: Database };

function named(keys: readonly RecordKey[]): RawBuilder<boolean> {
  const { ids, references } = collectKeys(keys.map(normalizeKey));
  return sql`(t.reference = any (${references}::text[]) or t.id = any (${ids}::bigint[]))`;
}

/** The customers that the keys name, in no particular order; unknown and impossible ones are left out. */
export async function findCustomers(deps: Deps, actor: Actor, keys: readonly RecordKey[]): Promise<Customer[]> {
  const { rows } = await sql<{ row: Json<Customer> }>`
    select to_json(r) as row from (
      select ${customerSelect} from customers t
      where t.organization_id = ${actor.organization.id} and ${named(keys)}
    ) r`.execute(databaseOf(deps, actor));
  return rows.map(({ row }) => reviveDates(row));
}

/** The categories that the keys name, likewise. */
export async function findCustomerCategories(
  deps: Deps,
  actor: Actor,
  keys: readonly RecordKey[],
): Promise<CustomerCategory[]> {
  const { rows } = await sql<{ row: Json<CustomerCategory> }>`
    select to_json(r) as row from (
      select ${categorySelect} from customer_categories t
      where t.organization_id = ${actor.organization.id} and ${named(keys)}
    ) r`.execute(databaseOf(deps, actor));
  return rows.map(({ row }) => reviveDates(row));
}

/** What an organization may reconfigure, as it stands now. */
export async function readSettings(deps: Deps, actor: Actor): Promise<OrganizationSettings> {
  const row = await databaseOf(deps, actor)
    .selectFrom('organizations')
    .select(['currency', 'currencies', 'geographical_locations', 'region_level'])
    .where('id', '=', actor.organization.id)
    .executeTakeFirstOrThrow();
  return {
    currency: row.currency,
    currencies: row.currencies,
    geographicalLocations: row.geographical_locations,
    regionLevel: row.region_level,
  };
}

type ReferenceTable = 'users' | 'payment_types' | 'customer_segmentations';
type ReferenceRow = { id: number; reference: string; name: string };

async function listReferenceData(deps: Deps, actor: Actor, table: ReferenceTable): Promise<ReferenceRow[]> {
  return databaseOf(deps, actor)
    .selectFrom(table)
    .select(['id', 'reference', 'name'])
    .where('organization_id', '=', actor.organization.id)
    .orderBy('id')
    .execute();
}

async function findReferenceData(
  deps: Deps,
  actor: Actor,
  table: ReferenceTable,
  keys: readonly RecordKey[],
): Promise<ReferenceRow[]> {
  return databaseOf(deps, actor)
    .selectFrom(`${table} as t`)
    .select(['t.id', 't.reference', 't.name'])
    .where('t.organization_id', '=', actor.organization.id)
    .where(named(keys))
    .execute();
}

/** The organization's users, by id. */
export function listUsers(deps: Deps, actor: Actor): Promise<User[]> {
  return listReferenceData(deps, actor, 'users');
}

/** The organization's payment types, by id. */
export function listPaymentTypes(deps: Deps, actor: Actor): Promise<PaymentType[]> {
  return listReferenceData(deps, actor, 'payment_types');
}

/** The organization's customer segmentations, by id. */
export function listCustomerSegmentations(deps: Deps, actor: Actor): Promise<CustomerSegmentation[]> {
  return listReferenceData(deps, actor, 'customer_segmentations');
}

/** The users that the keys name, in no particular order. */
export function findUsers(deps: Deps, actor: Actor, keys: readonly RecordKey[]): Promise<User[]> {
  return findReferenceData(deps, actor, 'users', keys);
}

/** The payment types that the keys name, likewise. */
export function findPaymentTypes(deps: Deps, actor: Actor, keys: readonly RecordKey[]): Promise<PaymentType[]> {
  return findReferenceData(deps, actor, 'payment_types', keys);
}

/** The customer segmentations that the keys name, likewise. */
export function findCustomerSegmentations(
  deps: Deps,
  actor: Actor,
  keys: readonly RecordKey[],
): Promise<CustomerSegmentation[]> {
  return findReferenceData(deps, actor, 'customer_segmentations', keys);
}

/** The organization's regions, by id. */
export function listRegions(deps: Deps, actor: Actor): Promise<Region[]> {
  return databaseOf(deps, actor)
    .selectFrom('regions')
    .select(['id', 'name', 'level', 'parent_id as parentId'])
    .where('organization_id', '=', actor.organization.id)
    .orderBy('id')
    .execute();
}

/** The regions of those ids, in no particular order; unknown and impossible ones are left out. */
export function findRegions(deps: Deps, actor: Actor, ids: readonly string[]): Promise<Region[]> {
  const possible = ids.flatMap((id) => normalizeId(id) ?? []);
  return databaseOf(deps, actor)
    .selectFrom('regions')
    .select(['id', 'name', 'level', 'parent_id as parentId'])
    .where('organization_id', '=', actor.organization.id)
    .where(sql<boolean>`id = any (${possible}::bigint[])`)
    .execute();
}
