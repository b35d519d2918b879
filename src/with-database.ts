import type { Config } from './config.ts';
import type { Database } from './db/schema.ts';

/** Runs `work` on the configured database, its tables up to date; `applied` are the migrations that took. */
export async function withDatabase<Result>(
  config: Config,
  work: (db: Database, applied: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const [{ openDatabase }, { migrateToLatest }] = await Promise.all([
    import('./db/client.ts'),
    import('./db/migrate.ts'),
  ]);
  const database = await openDatabase(config.database);
  try {
    return await work(database.db, await migrateToLatest(database.db));
  } finally {
    await database[Symbol.asyncDispose]();
  }
}
