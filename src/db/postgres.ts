import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import pg from 'pg';
import { limits } from '../contract/limits.ts';
import { isConnectionError } from './errors.ts';
import { openScopes, organizationSetting } from './organization.ts';
import { type Preamble, PreparingPool } from './preparing-pool.ts';
import { boundRole, bypassesPolicies } from './role.ts';
import type { Database, Schema } from './schema.ts';
import { type NoteStatement, createStatementLog } from './statement-log.ts';
import { SilenceWatch, createFindWorking } from './silence.ts';
import { planning } from './statement-names.ts';
import { analyzeChanged, Upkeep } from './upkeep.ts';

const oldestVersion = 15;
const int8Array = 1016;

/**
 * None of our statements runs long enough to be worth compiling. We close what is idle for 10 s; a session that is so for a
 * minute has lost us.
 */
const sessionOptions = '-c jit=off -c idle_session_timeout=60s';

/** `url` may hold a password. `poolSize` is the most connections this process opens. */
export type PostgresSettings = { readonly kind: 'postgres'; readonly url: string; readonly poolSize?: number };

/** The connections of a pool, and the statements that wait for one. */
export type PoolLoad = { readonly inUse: number; readonly idle: number; readonly waiting: number };

/** A pool on a server, and how much of it is in use. */
export type OpenPool = { readonly db: Database; readonly readPool: () => PoolLoad };

/**
 * Opens a pool on a PostgreSQL server and asks it who it is. Throws an Error that names DATABASE_URL, and never shows the
 * password, where the server cannot be reached, refuses us, or is older than PostgreSQL 15.
 */
export async function openPostgres(
  { url, poolSize = limits.database.connections.usual }: PostgresSettings,
  note?: NoteStatement,
): Promise<OpenPool> {
  const pool = createPool(url, poolSize);
  const preparing = new PreparingPool(pool, limits.database.answerMillis, new SilenceWatch(createFindWorking(url)));
  const upkeep = new Upkeep(() => user, analyzeChanged, 2);
  const log = createStatementLog(upkeep, note);
  const connect = (to: PostgresPool) => new Kysely<Schema>({ dialect: new PostgresDialect({ pool: to }), log });
  const user: Database = connect(preparing);
  try {
    const { rows } = await sql<{ version: string; bypasses: boolean | null }>`
      select current_setting('server_version') as version, ${bypassesPolicies} as bypasses`.execute(user);
    requireSupportedVersion(rows[0]?.version ?? '');
    const isBound = rows[0]?.bypasses === false;
    const db = openScopes(user, (organizationId) => connect(preparing.behind(createPreamble(organizationId, isBound))));
    return { db, readPool: () => readLoad(pool) };
  } catch (error) {
    await pool.end();
    throw error instanceof UnsupportedServerError ? error : createOpeningError(url, error);
  }
}

function readLoad({ totalCount, idleCount, waitingCount }: pg.Pool): PoolLoad {
  return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
}

/**
 * Sets until the transaction ends the organization, or none, the role that policies bind where they don't bind the user, how
 * statements are planned, and how long things may take: a proxy such as PgBouncer takes no settings when it is connected to.
 * What is done outside of organizations is maintenance too, which may wait for locks.
 */
function createPreamble(organizationId: number | null, isBound: boolean): Preamble {
  const { statementMillis, idleInTransactionMillis, lockMillis } = limits.database;
  const settings = [
    ...(isBound ? [] : [`'role', '${boundRole}'`]),
    `'statement_timeout', '${statementMillis}'`,
    `'idle_in_transaction_session_timeout', '${idleInTransactionMillis}'`,
    `'${organizationSetting}', $1`,
    `'lock_timeout', $2`,
    `'${planning.setting}', $3`,
  ];
  const text = `select where ${settings.map((setting) => `set_config(${setting}, true) is null`).join(' or ')}`;
  return organizationId === null
    ? { text, values: ['', '0'] }
    : { text, values: [String(organizationId), String(lockMillis)] };
}

/** The server is too old for the schema (it uses `nulls not distinct`). */
export class UnsupportedServerError extends Error {
  override name = 'UnsupportedServerError';
}

/** Throws an `UnsupportedServerError` unless `version`, as `select current_setting('server_version') as version` prints it, is PostgreSQL 15 or newer. */
export function requireSupportedVersion(version: string): void {
  if (Number.parseInt(version) >= oldestVersion) return;
  throw new UnsupportedServerError(
    `DATABASE_URL names a server that runs PostgreSQL ${version || 'of an unknown version'}; PostgreSQL ${oldestVersion} or newer is needed.`,
  );
}

function createOpeningError(url: string, error: unknown): Error {
  const { user, host, port, database } = new pg.Client({ connectionString: url });
  const reason = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const verb = isConnectionError(error) ? 'reach' : 'use';
  return new Error(
    `Cannot ${verb} the database of DATABASE_URL, "${database ?? ''}" on ${host}:${port} as user "${user ?? ''}": ${reason}${code}`,
    { cause: error },
  );
}

function createPool(url: string, poolSize: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: requireReadableUrl(url),
    max: poolSize,
    connectionTimeoutMillis: limits.database.connectMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: limits.database.statementMillis,
    idle_in_transaction_session_timeout: limits.database.idleInTransactionMillis,
    application_name: 'customer-gateway',
    options: sessionOptions,
    types: createTypeParsers(),
  });
  // Without listeners a lost connection would end the process. Whoever uses it gets the error from the query itself,
  // and an idle one has been taken out of the pool by now.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function requireReadableUrl(url: string): string {
  try {
    new pg.Client({ connectionString: url });
    return url;
  } catch {
    // Not as the cause: the parser's error repeats the URL, password and all.
    throw new Error('DATABASE_URL is no URL such as postgres://user:password@host:5432/database.');
  }
}

/** As pg parses them, but bigint as number: ours stay below 2^53. For one pool, so that nothing else in the process changes. */
function createTypeParsers(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(int8Array, parseNumberArray);
  return types;
}

function parseNumberArray(text: string): unknown {
  return JSON.parse(text.replaceAll('{', '[').replaceAll('}', ']').replaceAll('NULL', 'null'));
}
