import { type Kysely, sql } from 'kysely';

/**
 * Lets a sweep of stray files ask by index whether a row names a file, and processes agree on which of them sweeps: the one
 * row of `image_sweeps` tells when the last one began. Rows without a picture cost the indexes nothing.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index customers_logo_path on customers (organization_id, (logo ->> 'path')) where logo is not null`.execute(
    db,
  );
  await sql`create index customer_categories_image_path on customer_categories (organization_id, (image ->> 'path'))
    where image is not null`.execute(db);
  await sql`create table image_sweeps (
    only_row boolean not null default true,
    begun_at timestamptz not null,
    constraint image_sweeps_pkey primary key (only_row),
    constraint image_sweeps_only_row_check check (only_row)
  )`.execute(db);
}
