import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg, { type Connection, type Pool, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { isConnectionError, spoilsSession } from './errors.ts';
import { type SilenceWatch, findSession } from './silence.ts';
import { StatementNames, isPlannedEachTime, planning, replanAt } from './statement-names.ts';

/** Lifts the limits on how long a statement of this session may take, the server's and ours. The session is not reused. */
export const liftTimeLimits = 'set statement_timeout = 0';

/** What pg reads from a query beside what its types say. */
type TimedQuery = QueryConfig<unknown[]> & { query_timeout?: number; queryMode?: 'extended' };

type PlannedQuery = TimedQuery & { readonly planning: string };

/**
 * A statement that answers no rows and goes in front of others, in one transaction with them. A pool has one, with any values;
 * its last parameter, which is not among these, is how those others are planned.
 */
export type Preamble = { readonly text: string; readonly values: readonly string[] };

const preambleName = 'preamble';

type Results<R extends object> = QueryResult<R> | QueryResult<R>[];

/**
 * Sends a query with another, prepared one in front of it, in the same message: until the message ends PostgreSQL has them in
 * one transaction, also where there is no `begin`, and the second does not run where the first failed. Within a transaction
 * that was begun this way the first was there before, and all is planned once. pg answers the results of both.
 */
function queryBehind<R extends object>(
  client: PoolClient,
  { values }: Preamble,
  query: PlannedQuery,
): Promise<QueryResult<R>> {
  return new Promise((resolve, reject) => {
    const extended: TimedQuery = { ...query, queryMode: 'extended' };
    const behind = new pg.Query<R>(extended, (error: Error | undefined, results: Results<R>) => {
      const result = Array.isArray(results) ? results.at(-1) : results;
      if (result) resolve(result);
      else reject(error ?? new Error('The server answered nothing.'));
    });
    const submit: (connection: Connection) => unknown = behind.submit.bind(behind);
    behind.submit = (connection) => {
      if (client.getTransactionStatus() !== 'I') return submit(connection);
      connection.stream.cork();
      connection.bind({ statement: preambleName, values: [...values, query.planning] }, true);
      connection.execute(null, true);
      const failure = submit(connection);
      connection.stream.uncork();
      return failure;
    };
    client.query(Object.assign(behind, { query_timeout: query.query_timeout }));
  });
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #names: StatementNames;
  readonly #watching: Watching;
  readonly #preamble: Preamble | undefined;
  #timeout: number;
  #isSpoilt = false;
  #loss: { readonly error: unknown } | undefined;

  constructor(client: PoolClient, names: StatementNames, watching: Watching, preamble: Preamble | undefined) {
    this.#client = client;
    this.#names = names;
    this.#watching = watching;
    this.#timeout = watching.timeout;
    this.#preamble = preamble;
  }

  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') throw new Error('This pool has no cursors.');
    return this.#run<R>(text, parameters);
  }

  release(): void {
    // A session left inside a transaction would take its next user's statements along.
    this.#client.release(this.#isSpoilt || this.#client.getTransactionStatus() !== 'I');
  }

  /** Throws away the plans of what is prepared. */
  async replan(): Promise<void> {
    await this.#run('discard plans', []);
  }

  async #run<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    // Rolling back over a connection that is lost would wait for an answer once more.
    if (this.#loss) throw this.#loss.error;
    if (text === liftTimeLimits) {
      this.#timeout = 0;
      this.#isSpoilt = true;
    }
    const name = this.#names.findName(text);
    const query: PlannedQuery = {
      text,
      values: [...parameters],
      query_timeout: this.#timeout,
      ...(name && { name }),
      planning: name === undefined && isPlannedEachTime(text) ? planning.eachTime : planning.once,
    };
    try {
      return toKyselyResult(await this.#send<R & object>(query));
    } catch (error) {
      this.#isSpoilt ||= spoilsSession(error);
      if (isConnectionError(error)) {
        this.#loss = { error };
        this.#watching.onLoss();
      }
      throw error;
    }
  }

  #send<R extends object>(query: PlannedQuery): Promise<QueryResult<R>> {
    const client = this.#client;
    const answer = this.#preamble ? queryBehind<R>(client, this.#preamble, query) : client.query<R>(query);
    return this.#watching.silence.watch(findSession(client), answer);
  }
}

/** Who looks whether statements are answered: after `timeout` milliseconds they are not; `onLoss` hears of lost connections. */
type Watching = { readonly timeout: number; readonly silence: SilenceWatch; readonly onLoss: () => void };

function toKyselyResult<R>({ command, rowCount, rows }: QueryResult<R & object>): PostgresQueryResult<R> {
  return { command: isWrite(command) ? command : 'SELECT', rowCount: rowCount ?? 0, rows };
}

function isWrite(command: string): command is 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE' {
  return command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
}

/**
 * A pg pool as Kysely wants it, whose statements are prepared once for each connection, and which closes a connection
 * instead of reusing it after an error that ended it, after `timeout` milliseconds without an answer or once `silence` knows that
 * none will come, or inside a transaction. What broke one connection may have broken all, so those that were open by then
 * are not used again.
 */
export class PreparingPool implements PostgresPool {
  readonly #pool: Pool;
  readonly #watching: Watching;
  readonly #names = new StatementNames();
  readonly #uses = new WeakMap<PoolClient, number>();
  readonly #withPreamble = new WeakSet<PoolClient>();
  /** The connections that were opened since one was lost. */
  #trusted = new WeakSet<PoolClient>();

  constructor(pool: Pool, timeout: number, silence: SilenceWatch) {
    this.#pool = pool;
    this.#watching = { timeout, silence, onLoss: () => (this.#trusted = new WeakSet()) };
    pool.on('connect', (client) => this.#trusted.add(client));
  }

  async connect(preamble?: Preamble): Promise<PostgresPoolClient> {
    const client = await this.#takeTrusted();
    const preparing = new PreparingClient(client, this.#names, this.#watching, preamble);
    try {
      if (preamble) await this.#preparePreamble(client, preamble);
      const uses = (this.#uses.get(client) ?? 0) + 1;
      this.#uses.set(client, uses);
      if (replanAt.has(uses)) await preparing.replan();
    } catch (error) {
      if (isConnectionError(error)) this.#watching.onLoss();
      client.release(true);
      throw error;
    }
    return preparing;
  }

  async #takeTrusted(): Promise<PoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      if (this.#trusted.has(client)) return client;
      // A goodbye might never be answered.
      client.connection.stream.destroy();
      client.release(true);
    }
  }

  /** The same connections, whose every transaction begins with the preamble. Ending it does nothing. */
  behind(preamble: Preamble): PostgresPool {
    return { connect: () => this.connect(preamble), end: () => Promise.resolve() };
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  async #preparePreamble(client: PoolClient, { text, values }: Preamble): Promise<void> {
    if (this.#withPreamble.has(client)) return;
    const { timeout, silence } = this.#watching;
    const query: TimedQuery = { name: preambleName, text, values: [...values, planning.once], query_timeout: timeout };
    await silence.watch(findSession(client), client.query(query));
    this.#withPreamble.add(client);
  }
}
