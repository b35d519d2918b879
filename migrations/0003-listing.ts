import { type Kysely, sql } from 'kysely';

/** Lists by name, without reading all of an organization. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index customers_name on customers (organization_id, (lower(name) collate "C"), id)`.execute(db);
}
