import { setTimeout as delay } from 'node:timers/promises';
import { Migrator, sql } from 'kysely';
import { migrations } from '../../migrations/index.ts';
import { liftTimeLimits } from './preparing-pool.ts';
import { isBound, provideBoundRole } from './role.ts';
import type { Database } from './schema.ts';

/** Any number nobody else locks; "customer" on a telephone keypad. */
const lockId = 28786637;
const lockPollInterval = 100;

/** A migration, or looking for the ones to run, failed; nothing of it was kept. `cause` is what the database said. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/**
 * Applies the migrations the database does not have yet, all or none, and returns their names in order. Processes that do
 * this at the same moment wait for each other. Throws a `MigrationError` with the name of the one that failed, and an
 * `IsolationError` where organizations cannot be kept apart.
 */
export async function migrateToLatest(db: Database): Promise<readonly string[]> {
  if ((await isMigrated(db)) && (await isBound(db))) return [];
  return db.connection().execute(async (session) => {
    await sql.raw(liftTimeLimits).execute(session);
    // Never unlocked: the lock goes with the session, which is closed on release for its lifted limits. PGlite has one session.
    await lockMigrations(session);
    const applied = await runMigrations(session);
    await provideBoundRole(session);
    return applied;
  });
}

/** The names of the migrations a database has. Kysely would read the catalog for them, which takes a start far longer. */
async function listApplied(db: Database): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ exists: boolean }>`
    select to_regclass('kysely_migration') is not null as "exists"`.execute(db);
  if (!tables[0]?.exists) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** Whether the database has exactly these migrations. */
async function isMigrated(db: Database): Promise<boolean> {
  return (await listApplied(db)).join() === Object.keys(migrations).sort().join();
}

/**
 * The migrations that the database does not have, in order; it may have more than this program knows. Throws what a
 * database throws that cannot be asked.
 */
export async function listMissingMigrations(db: Database): Promise<readonly string[]> {
  const applied = new Set(await listApplied(db));
  return Object.keys(migrations).filter((name) => !applied.has(name));
}

/** Asks again and again instead of waiting in the server: a wait there would hold back `create index concurrently`. */
async function lockMigrations(session: Database): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${lockId}::bigint) as locked`.execute(
      session,
    );
    if (rows[0]?.locked) return;
    await delay(lockPollInterval);
  }
}

async function runMigrations(session: Database): Promise<readonly string[]> {
  const migrator = new Migrator({ db: session, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return results.map((result) => result.migrationName);
  const failed = results.find((result) => result.status === 'Error');
  const reason = error instanceof Error ? error.message : 'unknown error';
  const what = failed ? `Migration ${failed.migrationName}` : 'Migrating the database';
  throw new MigrationError(`${what} failed: ${reason}`, { cause: error });
}
