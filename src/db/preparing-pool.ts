import { createHash } from 'node:crypto';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import { spoilsSession } from './errors.ts';

/** Lifts the limits on how long a statement of this session may take, the server's and ours. The session is not reused. */
export const liftTimeLimits = 'set statement_timeout = 0';

/** More texts than a program has, fewer than would burden a server that keeps a plan of each for every connection. */
const mostPrepared = 500;
/** Longer ones are bulk statements, another text for every number of rows. */
const longestPrepared = 20_000;
const preparable = /^\s*(select|insert|update|delete|merge|with)\b/i;
/** Lists are planned for their very values: a pattern may find an index, a page size ends a search early. */
const isList = /\blimit \$/i;

/** Begins a list that is prepared all the same: one plan is good for all of its values. */
export const planOnce = '/* planned once */ ';

function isPreparable(text: string): boolean {
  return text.startsWith(planOnce) || (preparable.test(text) && !isList.test(text));
}

/** Statement names by text: Kysely sends none, and PostgreSQL would parse and plan every statement again. */
class StatementNames {
  readonly #names = new Map<string, string>();

  findName(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= mostPrepared) return known;
    if (text.length > longestPrepared || !isPreparable(text)) return undefined;
    const name = `q_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
    this.#names.set(text, name);
    return name;
  }
}

/**
 * After so many uses a connection plans its statements anew: a plan made while a table was as good as empty reads all of
 * it, and PostgreSQL itself looks again only once it has analyzed the table, a minute or more after it has filled.
 */
const replanAt: ReadonlySet<number> = new Set([10, 100, 1_000, 10_000, 100_000]);

/** What pg reads from a query beside what its types say. */
type TimedQuery = QueryConfig<unknown[]> & { query_timeout?: number };

class PreparingClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #names: StatementNames;
  #timeout: number;
  #isSpoilt = false;

  constructor(client: PoolClient, names: StatementNames, timeout: number) {
    this.#client = client;
    this.#names = names;
    this.#timeout = timeout;
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

  /** Throws away the plans of what is prepared. A connection on which that fails is closed. */
  async replan(): Promise<void> {
    try {
      await this.#run('discard plans', []);
    } catch (error) {
      this.#client.release(true);
      throw error;
    }
  }

  async #run<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (text === liftTimeLimits) {
      this.#timeout = 0;
      this.#isSpoilt = true;
    }
    const name = this.#names.findName(text);
    const query: TimedQuery = { text, values: [...parameters], query_timeout: this.#timeout, ...(name && { name }) };
    try {
      return toKyselyResult(await this.#client.query<R & object>(query));
    } catch (error) {
      this.#isSpoilt ||= spoilsSession(error);
      throw error;
    }
  }
}

function toKyselyResult<R>({ command, rowCount, rows }: QueryResult<R & object>): PostgresQueryResult<R> {
  return { command: isWrite(command) ? command : 'SELECT', rowCount: rowCount ?? 0, rows };
}

function isWrite(command: string): command is 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE' {
  return command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
}

/**
 * A pg pool as Kysely wants it, whose statements are prepared once for each connection, and which closes a connection
 * instead of reusing it after an error that ended it, after `timeout` milliseconds without an answer, or inside a transaction.
 */
export class PreparingPool implements PostgresPool {
  readonly #pool: Pool;
  readonly #timeout: number;
  readonly #names = new StatementNames();
  readonly #uses = new WeakMap<PoolClient, number>();

  constructor(pool: Pool, timeout: number) {
    this.#pool = pool;
    this.#timeout = timeout;
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect();
    const uses = (this.#uses.get(client) ?? 0) + 1;
    this.#uses.set(client, uses);
    const preparing = new PreparingClient(client, this.#names, this.#timeout);
    if (replanAt.has(uses)) await preparing.replan();
    return preparing;
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}
