import { type RawBuilder, sql } from 'kysely';
import { outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';

/** SQL: whether a backup has asked that no image file be deleted now. */
export const imagesAreKept: RawBuilder<boolean> = sql<boolean>`exists (
  select from image_sweeps where kept_until > now()
)`;

/** Until when image files stay although no row names them any more; undefined where they need not. */
export async function findImagesKeptUntil(db: Database): Promise<Date | undefined> {
  const { rows } = await sql<{ until: Date }>`
    select kept_until as until from image_sweeps where kept_until > now()`.execute(outsideOrganizations(db));
  return rows[0]?.until;
}

/**
 * Lets no gateway on this database delete an image file that a row has named, for so many days, and answers until when. Who
 * deletes looks after the change is committed that took the name away: what finds nothing kept then is named by no copy of
 * the database that is begun later.
 */
export async function keepImages(db: Database, days: number): Promise<Date> {
  const { until } = await outsideOrganizations(db)
    .insertInto('image_sweeps')
    .values({ begun_at: sql`now()`, kept_until: sql`now() + ${days}::int * interval '1 day'` })
    .onConflict((conflict) =>
      conflict
        .column('only_row')
        .doUpdateSet({ kept_until: sql`greatest(image_sweeps.kept_until, excluded.kept_until)` }),
    )
    .returning(sql<Date>`kept_until`.as('until'))
    .executeTakeFirstOrThrow();
  return until;
}
