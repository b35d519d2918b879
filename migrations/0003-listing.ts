import { type Kysely, sql } from 'kysely';

/**
 * Lists by name, and what changed since a moment, without reading all of an organization. The second one makes every
 * update touch the indexes; whoever follows changes asks for them all day, and pages through them.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index customers_name on customers (organization_id, (lower(name) collate "C"), id)`.execute(db);
  await sql`create index customers_last_updated on customers (organization_id, last_updated, id)`.execute(db);
}
