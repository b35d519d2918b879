import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { packageRoot } from '../src/package-root.ts';
import { createDatabase, withDatabase } from '../test/support/admin.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import type { StoredWrite } from './load/write-ledger.ts';
import { runNode } from './processes.ts';

/** How many customers there are before anything is measured: limit.sql makes as many. */
export const customerCount = 100_000;

/** The first of them have all their relations, as after an upsert: what pages are read of. */
export const relatedCustomers = 10_000;

/** The one server everything measured runs against: the gateway's database, and that of the yardstick and the peers. */
export type Databases = AsyncDisposable & Readonly<Record<DatabaseName, string>>;

export type DatabaseName = 'gateway' | 'yardstick';

/** Where a file of this project is. */
export function locate(file: string): string {
  return fileURLToPath(new URL(file, packageRoot));
}

/** The same customers that limit.sql makes. */
const seed = `
  insert into customers (organization_id, reference, name, category_id, is_active, is_sub_customer, bill_with_parent,
    is_same_address, currency, on_hold)
  select o.id, 'C-' || i, 'Customer ' || i, c.id, true, false, false, true, o.currency, false
  from organizations o join customer_categories c on c.organization_id = o.id and c.is_root, generate_series(1, ${customerCount}) i`;

const isRelated = `substr(reference, 3)::int <= ${relatedCustomers}`;

const relate = {
  gateway: `
    update customers c
    set segmentation_id = s.id, created_by_id = u.id, city = 'Nice', country = 'FR', payment_type_ids = '{7, 8}'
    from customer_segmentations s, users u where s.reference = 'seg_a' and u.reference = 'emp-002' and c.id in (select id from customers where ${isRelated})`,
  yardstick: `
    update yardstick.customers set segmentation_id = 1, created_by = 2, city = 'Nice', country = 'FR' where ${isRelated};
    insert into yardstick.customer_payment_types
    select organization_id, id, unnest(array[7, 8]) from yardstick.customers where ${isRelated}`,
};

/** Starts PostgreSQL with its defaults but for memory and connections, and fills both databases. */
export async function startDatabases(): Promise<Databases> {
  const server = await startPostgres(['shared_buffers=512MB', 'max_connections=200']);
  const [gateway, yardstick] = [withDatabase(server.url, 'gateway'), withDatabase(server.url, 'yardstick')];
  try {
    await createDatabase(server.url, 'gateway');
    await createDatabase(server.url, 'yardstick');
    await query(yardstick, await readFile(locate('bench/yardstick/limit.sql'), 'utf8'));
    await runNode([locate('dist/cli.js'), 'provision', locate('examples/entity1.yaml')], { DATABASE_URL: gateway });
    await query(gateway, seed);
    await query(gateway, relate.gateway);
    await query(yardstick, relate.yardstick);
    await tidy({ gateway, yardstick });
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { gateway, yardstick, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Cleans up what was written, so that what is measured next does not pay for what was before: its rows and its pages. */
export async function tidy(databases: Readonly<Record<DatabaseName, string>>): Promise<void> {
  for (const url of [databases.yardstick, databases.gateway]) await query(url, 'vacuum analyze');
  await query(databases.gateway, 'checkpoint');
}

/** Runs SQL on a connection of its own and answers the rows of the last statement. */
export async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The number that name and credit limit hold; null where they do not hold the same. */
const value = `case when name = 'Marie''s Jewelry ' || credit_limit::bigint then credit_limit end`;

/** The customers that there were from the beginning: imports bring others. */
const selectWrites = (table: string, version: string) => `
  select substr(reference, 3)::int as customer, ${value} as value, ${version} as version from ${table}
  where reference like 'C-%'`;

const writesQueries = {
  gateway: selectWrites('customers', 'version'),
  yardstick: selectWrites('yardstick.customers', 'null'),
};

/** What every customer holds, by its number. */
export async function readWrites(databases: Databases, name: DatabaseName): Promise<ReadonlyMap<number, StoredWrite>> {
  const rows = await query<StoredWrite & { customer: number }>(databases[name], writesQueries[name]);
  return new Map(rows.map(({ customer, ...stored }) => [customer, stored]));
}
