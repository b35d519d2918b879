import { limits } from '../contract/limits.ts';
import { type ChangeSignal, createLocalSignal } from './change-signal.ts';
import { lockFolder } from './folder-lock.ts';
import { openPglite, type PgliteSettings } from './pglite.ts';
import { type PoolLoad, openPostgres, type PostgresSettings } from './postgres.ts';
import { openPostgresSignal } from './postgres-signal.ts';
import type { Database } from './schema.ts';
import type { NoteStatement } from './statement-log.ts';

export type DatabaseSettings = PgliteSettings | PostgresSettings;

/** Disposing closes every connection and waits for the statements under way. */
export type OpenDatabase = AsyncDisposable & {
  readonly db: Database;
  readonly kind: DatabaseSettings['kind'];
  /** How much of the pool is in use; undefined where there is none. */
  readonly readPool?: (() => PoolLoad) | undefined;
};

/**
 * Opens the database the settings name, without migrating it; a folder is locked until it is disposed of. Throws a
 * `FolderInUseError` or `FolderUnusableError` for a folder, and an Error naming DATABASE_URL (never the password) for a server.
 * `note` is told of every statement.
 */
export async function openDatabase(settings: DatabaseSettings, note?: NoteStatement): Promise<OpenDatabase> {
  if (settings.kind === 'postgres') {
    const { db, readPool } = await openPostgres(settings, note);
    return { ...toOpenDatabase('postgres', db), readPool };
  }
  if (settings.directory.startsWith('memory://')) {
    return toOpenDatabase('pglite', await openPglite({ dataDir: settings.directory }, note));
  }
  return openFolder(settings.directory, note);
}

/** The settings for each of several processes that together open no more connections than one does, or two each where those are more. */
export function shareConnections(settings: DatabaseSettings, processes: number): DatabaseSettings {
  if (settings.kind === 'pglite') return settings;
  const { usual, fewest } = limits.database.connections;
  return { ...settings, poolSize: Math.max(fewest, Math.floor(usual / processes)) };
}

/** Opens the signal for changes that reaches every process on the database the settings name. */
export function openChangeSignal(settings: DatabaseSettings): ChangeSignal {
  return settings.kind === 'postgres' ? openPostgresSignal(settings) : createLocalSignal();
}

/** Wraps an open database so that disposing closes it once, then runs `afterwards`. */
export function toOpenDatabase(
  kind: OpenDatabase['kind'],
  db: Database,
  afterwards?: () => PromiseLike<void>,
): OpenDatabase {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    try {
      await db.destroy();
    } finally {
      await afterwards?.();
    }
  };
  return { db, kind, [Symbol.asyncDispose]: () => (closing ??= close()) };
}

async function openFolder(directory: string, note: NoteStatement | undefined): Promise<OpenDatabase> {
  const lock = await lockFolder(directory);
  const release = () => lock[Symbol.asyncDispose]();
  try {
    return toOpenDatabase('pglite', await openPglite({ dataDir: directory }, note), release);
  } catch (error) {
    await release();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database in ${directory} (below DATA_DIR): ${reason}`, { cause: error });
  }
}
