import { Migrator } from 'kysely';
import { migrations } from '../../migrations/index.ts';
import type { Database } from '../../src/db/schema.ts';

/** Brings an empty database to where it was before a migration, and answers the names of those that are left. */
export async function migrateBefore(db: Database, first: string): Promise<readonly string[]> {
  const isEarlier = (name: string) => name < first;
  const earlier = Object.fromEntries(Object.entries(migrations).filter(([name]) => isEarlier(name)));
  const provider = { getMigrations: () => Promise.resolve(earlier) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw new Error('The earlier migrations failed.', { cause: error });
  return Object.keys(migrations).filter((name) => !isEarlier(name));
}
