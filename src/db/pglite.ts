import type { PGliteOptions } from '@electric-sql/pglite';
import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver, Kysely, sql } from 'kysely';
import { openScopes, organizationSetting } from './organization.ts';
import { PgliteStatements } from './pglite-statements.ts';
import { boundRole } from './role.ts';
import type { Database, Schema } from './schema.ts';
import { type NoteStatement, createStatementLog } from './statement-log.ts';
import { planning } from './statement-names.ts';
import { Upkeep, vacuumChanged } from './upkeep.ts';

/** `directory` is created where it is missing; `memory://` keeps everything in memory. */
export type PgliteSettings = { readonly kind: 'pglite'; readonly directory: string };

/**
 * Opens PostgreSQL inside this process; `options` are those of PGlite, such as `dataDir` or `loadDataDir`. It takes no lock
 * on a folder: the caller does. Loaded on demand, since it is large and a process that has a server never needs it.
 */
export async function openPglite(options: PGliteOptions, note?: NoteStatement): Promise<Database> {
  const [{ PGlite, parse, protocol, types }, { PGliteDialect }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('kysely-pglite-dialect'),
  ]);
  // PGlite itself answers a number or a BigInt, by size.
  const pglite = await PGlite.create({ ...options, parsers: { [types.INT8]: Number } });
  const statements = new PgliteStatements(pglite, { parse, protocol });
  const upkeep = new Upkeep(() => db, vacuumChanged);
  const log = createStatementLog(upkeep, note);
  const dialect = new PGliteDialect(pglite);
  const session = new Session(dialect.createDriver(), statements);
  const connect = (organizationId: number | null | undefined) =>
    new Kysely<Schema>({ dialect: createDialect(dialect, session.createDriver(organizationId)), log });
  const db: Database = openScopes(connect(undefined), connect);
  // Also since Kysely closes on `destroy` only what it has used once.
  await sql.raw(`set ${planning.setting} = ${planning.once}`).execute(db);
  return db;
}

function createDialect(dialect: Dialect, driver: Driver): Dialect {
  return {
    createDriver: () => driver,
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

/**
 * The one session there is, which those who use it take over from each other. Its user is a superuser, whom no policy binds,
 * so that for an organization, or for none, it takes on a role that they do bind.
 */
class Session {
  readonly #driver: Driver;
  readonly #statements: PgliteStatements;
  #organizationId: number | null | undefined;

  constructor(driver: Driver, statements: PgliteStatements) {
    this.#driver = driver;
    this.#statements = statements;
  }

  createDriver(organizationId: number | null | undefined): Driver {
    const driver = this.#driver;
    const statements = this.#statements;
    const held = new WeakMap<DatabaseConnection, DatabaseConnection>();
    return {
      init: () => driver.init(),
      acquireConnection: async () => {
        const connection = await driver.acquireConnection();
        try {
          await this.#enter(connection, organizationId);
        } catch (error) {
          await driver.releaseConnection(connection);
          throw error;
        }
        // Kysely marks what it logs: one that passes from user to user would be logged by each.
        const own: DatabaseConnection = {
          executeQuery: (query) => statements.execute(connection, query),
          streamQuery: (query, size) => connection.streamQuery(query, size),
        };
        held.set(own, connection);
        return own;
      },
      beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
      commitTransaction: (connection) => driver.commitTransaction(connection),
      rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
      releaseConnection: (connection) => driver.releaseConnection(held.get(connection) ?? connection),
      destroy: () => driver.destroy(),
    };
  }

  /** Nobody else uses the session meanwhile, and it is in no transaction. */
  async #enter(connection: DatabaseConnection, organizationId: number | null | undefined): Promise<void> {
    if (this.#organizationId === organizationId) return;
    const role = organizationId === undefined ? 'none' : boundRole;
    const statement = `select set_config('role', $1, false), set_config('${organizationSetting}', $2, false)`;
    const query = CompiledQuery.raw(statement, [role, String(organizationId ?? '')]);
    await this.#statements.execute(connection, query);
    this.#organizationId = organizationId;
  }
}
