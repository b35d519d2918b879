import { type Kysely, sql } from 'kysely';

/**
 * Lets a backup ask that no image file be deleted before it has copied all that the database's own copy names. Who deletes
 * looks after the change is committed that left the file without a name, so that a copy begun later does not name it.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table image_sweeps add column kept_until timestamptz`.execute(db);
}
