import { type Kysely, sql } from 'kysely';

/**
 * Keeps organizations apart once more than the queries do. A statement sees and writes rows of the organization that its
 * transaction has set, `set_config('customer_gateway.organization', '7', true)`, and fails where none is set: what is unset
 * or empty is no number. The tables' owner is bound too; superusers and roles with BYPASSRLS never are.
 *
 * A table that comes later with an `organization_id` needs the two statements of `keepApart`. A migration that changes rows
 * has to set one organization after another, since its user may well be one whom the policies bind.
 */
export async function up(db: Kysely<never>): Promise<void> {
  // Of the form that PostgreSQL puts in place of the call: it is part of the plan and evaluated once, not for each row.
  await sql`create function current_organization() returns bigint language sql stable parallel safe return
    coalesce(nullif(current_setting('customer_gateway.organization', true), ''), 'no organization is set')::bigint
  `.execute(db);
  for (const table of tables) await keepApart(db, table);
  // Which organizations there are, and whose a key is, has to be asked before anyone is in one of them.
  await keepDirectory(db, 'organizations', 'id');
  await keepDirectory(db, 'api_keys', 'organization_id');
  await indexNames(db);
}

const tables = [
  'users',
  'payment_types',
  'customer_segmentations',
  'regions',
  'customer_categories',
  'customers',
  'customer_payment_types',
  'changes',
];

/** Binds all who use the table, its owner too. */
async function bindAll(db: Kysely<never>, table: string): Promise<void> {
  await sql`alter table ${sql.table(table)} enable row level security, force row level security`.execute(db);
}

async function keepApart(db: Kysely<never>, table: string): Promise<void> {
  await bindAll(db, table);
  await sql`create policy own_organization on ${sql.table(table)}
    using (organization_id = current_organization()) with check (organization_id = current_organization())`.execute(db);
}

/** Outside of organizations all rows are there, inside of one its own. */
async function keepDirectory(db: Kysely<never>, table: string, column: string): Promise<void> {
  await bindAll(db, table);
  await sql`create policy own_organization on ${sql.table(table)} using (
    ${sql.ref(column)} = coalesce(nullif(current_setting('customer_gateway.organization', true), '')::bigint, ${sql.ref(column)})
  )`.execute(db);
}

/**
 * Before it has applied a policy, PostgreSQL lets a condition use an index only if it could not tell anyone of a row that it
 * hides (is "leakproof"). Comparing texts is, `lower` is not, so what it makes of a name is a column of its own.
 */
async function indexNames(db: Kysely<never>): Promise<void> {
  await sql`alter table customers add column name_lower text collate "C" generated always as (lower(name)) stored`.execute(
    db,
  );
  await sql`drop index customers_name`.execute(db);
  await sql`create index customers_name on customers (organization_id, name_lower, id)`.execute(db);
}
