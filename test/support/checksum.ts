import { sql } from 'kysely';
import type { Database } from '../../src/db/schema.ts';

/** All rows of all tables as one hash, but for when keys were last used, which every call changes. */
export async function checksumTables(db: Database): Promise<string> {
  const tables = await listTables(db);
  const contents = tables.map(
    (name) => sql`
    select ${sql.lit(name)} as name, (to_jsonb(t) - 'last_used_at')::text as row from ${sql.table(name)} t`,
  );
  const { rows } = await sql<{ hash: string }>`
    select md5(coalesce(string_agg(name || row, chr(10) order by name, row), '')) as hash
    from (${sql.join(contents, sql` union all `)}) r`.execute(db);
  return rows[0]?.hash ?? '';
}

async function listTables(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(db);
  return rows.map(({ name }) => name);
}
