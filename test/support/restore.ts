import { sql } from 'kysely';
import { openDatabase, type OpenDatabase, toOpenDatabase } from '../../src/db/client.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Database } from '../../src/db/schema.ts';
import { findDatabaseKind, openTestDatabase } from './database.ts';
import { startPostgres } from './postgres-server.ts';

/** Opens a migrated, empty database on a server of its own, whose transaction numbers begin anew. */
export async function openFreshServer(): Promise<OpenDatabase> {
  if (findDatabaseKind() === 'pglite') return openTestDatabase();
  const server = await startPostgres();
  const { db, kind, ...open } = await openDatabase({ kind: 'postgres', url: server.url, poolSize: 5 });
  await migrateToLatest(db);
  return toOpenDatabase(kind, db, async () => {
    await open[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
}

/** Uses up transaction numbers, so that the server is far ahead of a fresh one. */
export async function spendTransactions(db: Database, count: number): Promise<void> {
  await sql`do $$ begin
    for i in 1..${sql.lit(count)} loop perform pg_current_xact_id(); commit; end loop;
  end $$`.execute(db);
}

/** Every row of a database, and the last number each of its sequences gave. */
export type Dump = {
  readonly tables: readonly { readonly name: string; readonly rows: string }[];
  readonly sequences: readonly { readonly name: string; readonly last_value: number | null }[];
};

async function listTables(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables();
  return tables.map(({ name }) => name).filter((name) => !name.startsWith('kysely_'));
}

/** Takes all data out of a database, as a dump does. */
export async function dump(db: Database): Promise<Dump> {
  const tables = [];
  for (const name of await listTables(db)) {
    const { rows } = await sql<{ rows: string }>`
      select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as rows from ${sql.table(name)} t`.execute(db);
    tables.push({ name, rows: rows[0]?.rows ?? '[]' });
  }
  const sequences = await sql<Dump['sequences'][number]>`
    select sequencename as name, last_value from pg_sequences where schemaname = current_schema()`.execute(db);
  return { tables, sequences: sequences.rows };
}

/** The columns that rows are written with: what is generated from others can't be. */
async function listColumns(db: Database, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_generated = 'NEVER'`.execute(db);
  return rows.map(({ name }) => name);
}

/** Puts all data of a dump into an empty, migrated database; like a restore as superuser it lets no trigger or foreign key object. */
export async function restore(db: Database, { tables, sequences }: Dump): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`set local session_replication_role = replica`.execute(transaction);
    for (const { name, rows } of tables) {
      const columns = sql.join((await listColumns(transaction, name)).map((column) => sql.ref(column)));
      await sql`insert into ${sql.table(name)} (${columns}) overriding system value
        select ${columns} from jsonb_populate_recordset(null::${sql.table(name)}, ${rows}::jsonb)`.execute(transaction);
    }
    for (const { name, last_value } of sequences) {
      if (last_value !== null) await sql`select setval(${name}, ${last_value})`.execute(transaction);
    }
  });
}
