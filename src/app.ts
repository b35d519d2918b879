import { readFile } from 'node:fs/promises';
import type { OrganizationIdentity } from './actor.ts';
import { createAuthentication } from './auth/authenticate.ts';
import { createCallLimit } from './auth/call-limit.ts';
import type { Config } from './config.ts';
import type { AuthConfig } from './config/auth.ts';
import { type RateConfig, failedAttempts } from './config/rate.ts';
import { type Exposure, nothingExposed } from './config/exposure.ts';
import { openChangeSignal, openDatabase, shareConnections } from './db/client.ts';
import { listMissingMigrations, migrateToLatest } from './db/migrate.ts';
import type { Database } from './db/schema.ts';
import { type PersistedOperations, readPersistedOperations } from './graphql/persisted-operations.ts';
import { createImageRenderer } from './images/render.ts';
import type { CorsOrigins } from './http/cors.ts';
import { type OperatorPages, createOperatorPages } from './http/operator-pages.ts';
import { nameRoute } from './http/route-name.ts';
import { type Limiters, createLimiters } from './limiters.ts';
import { packageRoot } from './package-root.ts';
import { type Server, type ServerTelemetry, createServer } from './server.ts';
import { hasApiKeys } from './services/api-keys.ts';
import type { UpsertDeps } from './services/deps.ts';
import { listOrganizations } from './services/organizations.ts';
import { createServices } from './services/services.ts';
import { scheduleImageSweeps } from './services/sweep-daily.ts';
import type { BlobStore } from './storage/blob-store.ts';
import { type OpenStore, openStore } from './storage/open.ts';
import { createFigures } from './telemetry/figures.ts';
import { type Log, createLog } from './telemetry/log.ts';
import { type Scrape, createOwnFigures } from './telemetry/metrics.ts';
import { type Check, type ReadinessReport, createReadiness } from './telemetry/readiness.ts';
import { openTracing } from './telemetry/tracing.ts';

/** A gateway ready to take requests. Disposing ends the subscriptions and closes the database. */
export type App = AsyncDisposable & {
  readonly server: Server;
  readonly organizations: () => Promise<readonly OrganizationIdentity[]>;
  /** Whether any API key would be let in now. */
  readonly hasKeys: () => Promise<boolean>;
  /** The organization created from the example file just now, if any. */
  readonly provisioned: string | undefined;
  /** Completes every subscription, so that their requests end. */
  readonly endSubscriptions: () => void;
  /** What operators look at where that has a port of its own. */
  readonly operatorPages: OperatorPages;
  /** Shared where it is one of several processes on one port. */
  readonly limiters: Limiters;
  readonly reportReadiness: () => Promise<ReadinessReport>;
  /** Its figures, as they are added to those of other processes. */
  readonly takeSnapshot: () => Promise<unknown>;
  /** From now on it says that it is not ready. */
  readonly drain: () => void;
};

/** One of several processes on one port, and where the figures of all of them are to be had. */
type WorkerOptions = { readonly name: string; readonly scrapeAll: () => Promise<Scrape> };

/** `isMigrated` where another process has brought the tables up to date, `worker` where it is one of several. */
export type AppOptions = { readonly isMigrated?: boolean; readonly worker?: WorkerOptions };

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

/** Tells only of failures, to standard error. */
function createPlainTelemetry(): ServerTelemetry {
  const log = createLog({ level: 'error', write: (line) => process.stderr.write(line) });
  return { log, logsAll: false, figures: createFigures(), tracing: undefined };
}

/** What a process cannot do without. */
function listChecks(db: Database, blobs: BlobStore): readonly Check[] {
  const checkDatabase = async () => {
    const missing = await listMissingMigrations(db);
    return { database: 'ok', migrations: missing.length === 0 ? 'ok' : 'missing' };
  };
  const checkStore = async () => {
    await blobs.check();
    return { imageStore: 'ok' };
  };
  return [
    { run: checkDatabase, otherwise: { database: 'unreachable', migrations: 'unknown' } },
    { run: checkStore, otherwise: { imageStore: 'unavailable' } },
  ];
}

const unlimited: RateConfig = {
  calls: undefined,
  failedAttempts,
  trustedProxies: { count: 0 },
};

/** What a gateway is put together of; without `telemetry` only its failures are told, without `rate` calls are not limited. */
type Parts = UpsertDeps & {
  readonly auth: AuthConfig;
  readonly rate?: RateConfig;
  /** What counts for `rate`, where somebody else wants to see it too. */
  readonly limiters?: Limiters;
  readonly publicUrl: string;
  readonly exposure?: Exposure;
  readonly corsOrigins?: CorsOrigins;
  readonly persistedOperations?: PersistedOperations | undefined;
  readonly telemetry?: ServerTelemetry;
  readonly pages?: OperatorPages;
};

/** Puts the gateway together over what it needs of the world; nothing is opened or migrated. */
export function composeServer(parts: Parts): Server {
  const { auth, blobs, now, publicUrl, pages, rate = unlimited } = parts;
  const { calls, failures } = parts.limiters ?? createLimiters(rate, now);
  const { exposure = nothingExposed, corsOrigins = [], persistedOperations = new Map() } = parts;
  const { telemetry = createPlainTelemetry() } = parts;
  const report = (error: unknown) => telemetry.log.error({ error }, 'the image store failed');
  const services = createServices({ report, ...parts, monitor: telemetry.figures, tracer: telemetry.tracing });
  const authenticate = createAuthentication(auth, {
    ...services,
    publicUrl,
    corsOrigins,
    failures,
    trustedProxies: rate.trustedProxies,
    now,
  });
  const isAuthenticated = auth.kind === 'on';
  return createServer({
    services,
    authenticate,
    calls: calls && createCallLimit(calls),
    isAuthenticated,
    now,
    blobs,
    publicUrl,
    exposure,
    corsOrigins,
    persistedOperations,
    telemetry,
    pages,
  });
}

/** Opens the image store and makes sure of it, or throws a `StoreUnusableError`. */
async function openUsableStore({ images, secrets }: Config, log: Log): Promise<OpenStore> {
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
export async function createApp(
  config: Config,
  log: Log,
  { isMigrated = false, worker }: AppOptions = {},
): Promise<App> {
  const { tracesUrl, metrics, accessLog: logsAll } = config.telemetry;
  const acceptsKeys = config.auth.kind === 'on' && config.auth.keys;
  const persistedOperations = config.persistedOperations
    ? await readPersistedOperations(config.persistedOperations)
    : undefined;
  const tracing = tracesUrl === undefined ? undefined : await openTracing(tracesUrl, nameRoute);
  const database = await openDatabase(shareConnections(config.database, config.workers), tracing?.noteStatement);
  try {
    const { db } = database;
    if (!isMigrated) await migrateToLatest(db);
    const now = () => new Date();
    const provisioned = config.database.kind === 'pglite' ? await provisionExample(db, now()) : undefined;
    const store = await openUsableStore(config, log);
    const { blobs } = store;
    const signal = openChangeSignal(config.database);
    const limiters = createLimiters(config.rate, now, worker !== undefined);
    const figures = createFigures();
    const readiness = createReadiness(listChecks(db, blobs), { log });
    const { scrape, takeSnapshot } = createOwnFigures(figures, database.readPool, worker?.name);
    const mainScrape = metrics.kind === 'main' ? (worker?.scrapeAll ?? scrape) : undefined;
    const sweeps = scheduleImageSweeps({
      db,
      blobs,
      now,
      report: (failure) => log.error({ error: failure }, 'sweeping images failed'),
    });
    return {
      server: composeServer({
        db,
        blobs,
        images: createImageRenderer(),
        now,
        signal,
        auth: config.auth,
        rate: config.rate,
        limiters,
        publicUrl: config.publicUrl,
        exposure: config.exposure,
        corsOrigins: config.cors.origins,
        persistedOperations,
        telemetry: { log, logsAll, figures, tracing },
        pages: createOperatorPages({ readiness, scrape: mainScrape, log }),
      }),
      operatorPages: createOperatorPages({ readiness, scrape, log }),
      drain: readiness.drain,
      limiters,
      reportReadiness: readiness.report,
      takeSnapshot,
      organizations: () => listOrganizations(db),
      hasKeys: async () => acceptsKeys && (await hasApiKeys(db, now())),
      provisioned,
      endSubscriptions: signal.hangUp,
      [Symbol.asyncDispose]: async () => {
        await sweeps[Symbol.asyncDispose]();
        store[Symbol.dispose]();
        await signal[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
        await tracing?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}
