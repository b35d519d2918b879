import type { PGliteOptions } from '@electric-sql/pglite';
import { Kysely, sql } from 'kysely';
import type { Database, Schema } from './schema.ts';
import { type NoteStatement, createStatementLog } from './statement-log.ts';
import { Upkeep, vacuumChanged } from './upkeep.ts';

/** `directory` is created where it is missing; `memory://` keeps everything in memory. */
export type PgliteSettings = { readonly kind: 'pglite'; readonly directory: string };

/**
 * Opens PostgreSQL inside this process; `options` are those of PGlite, such as `dataDir` or `loadDataDir`. It takes no lock
 * on a folder: the caller does. Loaded on demand, since it is large and a process that has a server never needs it.
 */
export async function openPglite(options: PGliteOptions, note?: NoteStatement): Promise<Database> {
  const [{ PGlite, types }, { PGliteDialect }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('kysely-pglite-dialect'),
  ]);
  // PGlite itself answers a number or a BigInt, by size.
  const pglite = await PGlite.create({ ...options, parsers: { [types.INT8]: Number } });
  const upkeep = new Upkeep(() => db, vacuumChanged);
  const { log } = createStatementLog(note);
  const db: Database = new Kysely<Schema>({
    dialect: new PGliteDialect(pglite),
    log: (event) => {
      upkeep.addWork(event.queryDurationMillis);
      log?.(event);
    },
  });
  // Kysely closes on `destroy` only what it has used once.
  await sql`select 1`.execute(db);
  return db;
}
