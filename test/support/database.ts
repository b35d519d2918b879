import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { type DatabaseSettings, openDatabase, type OpenDatabase, toOpenDatabase } from '../../src/db/client.ts';
import { openPglite } from '../../src/db/pglite.ts';
import { allowConnections, createDatabase, dropDatabases, withDatabase } from './admin.ts';

/** `folder` is removed at the end of the run. */
type PgliteTemplate = {
  readonly kind: 'pglite';
  readonly folder: string;
  readonly cluster: string;
  readonly provisioned: string;
  readonly image: string;
};
type PostgresTemplate = {
  readonly kind: 'postgres';
  readonly folder: string;
  readonly url: string;
  readonly prefix: string;
  readonly template: string;
  readonly provisioned: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    database: PgliteTemplate | PostgresTemplate;
    /** The built program, for processes of their own. */
    program: string;
  }
}

/** A place for a process of its own: as settings, and as the environment variables that say the same. */
export type TestStorage = AsyncDisposable & {
  readonly settings: DatabaseSettings;
  readonly env: Readonly<Record<string, string>>;
};

/** Which database this run of a `.db.test.ts` file is about. */
export function findDatabaseKind(): OpenDatabase['kind'] {
  return inject('database').kind;
}

/** Opens a migrated, empty database that nobody else uses; it is gone once disposed of. A server's gets `poolSize` connections. */
export async function openTestDatabase(poolSize = 5): Promise<OpenDatabase> {
  const template = inject('database');
  if (template.kind === 'pglite') {
    const loadDataDir = await openAsBlob(template.image);
    return toOpenDatabase('pglite', await openPglite({ dataDir: 'memory://', loadDataDir }));
  }
  const server = await createOnServer(template, template.template);
  const { db, kind, ...open } = await openDatabase({ kind: 'postgres', url: server.url, poolSize });
  return toOpenDatabase(kind, db, async () => {
    await open[Symbol.asyncDispose]();
    await server.drop();
  });
}

/**
 * Creates an empty database, on a server or in a folder, for tests that open or migrate it themselves or start the gateway.
 * `withFolder` false leaves it to them to create the folder's, which takes seconds.
 */
export async function createTestStorage({ withFolder = true } = {}): Promise<TestStorage> {
  const template = inject('database');
  return template.kind === 'pglite'
    ? createFolder(template, withFolder ? template.cluster : undefined)
    : createServerStorage(template);
}

/** Creates a migrated database with the example organization, for tests to which bringing it there does not matter. */
export async function createProvisionedStorage(): Promise<TestStorage> {
  const template = inject('database');
  return template.kind === 'pglite'
    ? createFolder(template, template.provisioned)
    : createServerStorage(template, template.provisioned);
}

async function createFolder(template: PgliteTemplate, source?: string): Promise<TestStorage> {
  const folder = await mkdtemp(path.join(template.folder, 'storage-'));
  const directory = path.join(folder, 'database');
  if (source !== undefined) await cp(source, directory, { recursive: true });
  return {
    settings: { kind: 'pglite', directory },
    env: { DATA_DIR: folder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createServerStorage(template: PostgresTemplate, source?: string): Promise<TestStorage> {
  const folder = await mkdtemp(path.join(template.folder, 'storage-'));
  const { url, drop } = await createOnServer(template, source);
  return {
    settings: { kind: 'postgres', url, poolSize: 5 },
    env: { DATA_DIR: folder, DATABASE_URL: url },
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      await drop();
    },
  };
}

/** Lets nobody open further connections to the storage's database while `work` goes on. */
export async function refusingConnections({ settings }: TestStorage, work: () => Promise<void>): Promise<void> {
  const admin = inject('database');
  if (admin.kind !== 'postgres' || settings.kind !== 'postgres') throw new Error('Only a server refuses connections.');
  const name = new URL(settings.url).pathname.slice(1);
  await allowConnections(admin.url, name, false);
  try {
    await work();
  } finally {
    await allowConnections(admin.url, name, true);
  }
}

async function createOnServer({ url, prefix }: PostgresTemplate, template?: string) {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await createDatabase(url, name, template);
  return { url: withDatabase(url, name), drop: () => dropDatabases(url, name) };
}
