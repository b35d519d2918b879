import { readFile } from 'node:fs/promises';
import type { OrganizationIdentity } from './actor.ts';
import type { Config } from './config.ts';
import { openChangeSignal, openDatabase, shareConnections } from './db/client.ts';
import { migrateToLatest } from './db/migrate.ts';
import type { Database } from './db/schema.ts';
import { type PersistedOperations, readPersistedOperations } from './graphql/persisted-operations.ts';
import { createImageRenderer } from './images/render.ts';
import { log } from './http/log.ts';
import { packageRoot } from './package-root.ts';
import { type Server, createServer } from './server.ts';
import type { UpsertDeps } from './services/deps.ts';
import { listOrganizations } from './services/organizations.ts';
import { createServices } from './services/services.ts';
import { scheduleImageSweeps } from './services/sweep-daily.ts';
import { type OpenStore, openStore } from './storage/open.ts';

/** A gateway ready to take requests. Disposing ends the subscriptions and closes the database. */
export type App = AsyncDisposable & {
  readonly server: Server;
  readonly organizations: () => Promise<readonly OrganizationIdentity[]>;
  /** The organization created from the example file just now, if any. */
  readonly provisioned: string | undefined;
  /** Completes every subscription, so that their requests end. */
  readonly endSubscriptions: () => void;
};

/** `isMigrated` where another process has brought the tables up to date. */
export type AppOptions = { readonly isMigrated?: boolean };

const exampleFile = new URL('examples/entity1.yaml', packageRoot);

async function provisionExample(db: Database, now: Date): Promise<string | undefined> {
  if ((await listOrganizations(db)).length > 0) return undefined;
  // Needed once in the life of a database: later starts do without reading it.
  const [{ parseOrganizationFile }, { provision }] = await Promise.all([
    import('./provision-file.ts'),
    import('./services/provisioning.ts'),
  ]);
  const file = parseOrganizationFile(await readFile(exampleFile, 'utf8'), 'examples/entity1.yaml');
  return (await provision(db, file, now)).organization.name;
}

/** Puts the gateway together over what it needs of the world; nothing is opened or migrated. */
export function composeServer(
  deps: UpsertDeps & { readonly publicUrl: string; readonly persistedOperations?: PersistedOperations | undefined },
): Server {
  const { blobs, publicUrl, persistedOperations = new Map() } = deps;
  return createServer({
    services: createServices({ report: (failure) => log.error(failure), ...deps }),
    blobs,
    publicUrl,
    persistedOperations,
  });
}

/** Opens the image store and makes sure of it, or throws a `StoreUnusableError`. */
async function openUsableStore({ images, secrets }: Config): Promise<OpenStore> {
  const store = await openStore(images, secrets.s3);
  try {
    const warning = await store.check();
    if (warning !== undefined) log.warn(warning);
    return store;
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens and migrates the database, opens the image store and puts the gateway together. An empty embedded database gets the example
 * organization. From time to time stray files are swept. Throws what opening and migrating throw; nothing stays open then.
 */
export async function createApp(config: Config, { isMigrated = false }: AppOptions = {}): Promise<App> {
  const persistedOperations = config.persistedOperations
    ? await readPersistedOperations(config.persistedOperations)
    : undefined;
  const database = await openDatabase(shareConnections(config.database, config.workers));
  try {
    const { db } = database;
    if (!isMigrated) await migrateToLatest(db);
    const now = () => new Date();
    const provisioned = config.database.kind === 'pglite' ? await provisionExample(db, now()) : undefined;
    const store = await openUsableStore(config);
    const { blobs } = store;
    const signal = openChangeSignal(config.database);
    const report = (failure: unknown) => log.error(failure);
    const sweeps = scheduleImageSweeps({ db, blobs, now, report });
    return {
      server: composeServer({
        db,
        blobs,
        images: createImageRenderer(),
        now,
        signal,
        publicUrl: config.publicUrl,
        persistedOperations,
      }),
      organizations: () => listOrganizations(db),
      provisioned,
      endSubscriptions: signal.hangUp,
      [Symbol.asyncDispose]: async () => {
        await sweeps[Symbol.asyncDispose]();
        store[Symbol.dispose]();
        await signal[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}
