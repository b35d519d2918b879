import { AsyncResource } from 'node:async_hooks';
import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** In milliseconds. To look at the tables takes about one. */
const workBeforeFirstVisit = 200;

/**
 * Looks after the tables when the database has worked for a while. It takes a connection like everybody else, so that on
 * PGlite, which has one, it comes between transactions. An idle database is left alone.
 */
export class Upkeep {
  readonly #findDatabase: () => Database;
  readonly #visit: (session: Database) => Promise<void>;
  readonly #slowdown: number;
  /** Not within the request whose statement was one too many: its trace would tell of what it never asked for. */
  readonly #start = AsyncResource.bind(() => void this.#run());
  #workBeforeVisit = workBeforeFirstVisit;
  #worked = 0;
  #isUnderWay = false;

  /** Each visit comes after `slowdown` times as much work as the one before. */
  constructor(findDatabase: () => Database, visit: (session: Database) => Promise<void>, slowdown = 1) {
    this.#findDatabase = findDatabase;
    this.#visit = visit;
    this.#slowdown = slowdown;
  }

  /** Tells of a statement that took so many milliseconds. Neither waits nor throws. */
  addWork(milliseconds: number): void {
    this.#worked += milliseconds;
    if (this.#isUnderWay || this.#worked < this.#workBeforeVisit) return;
    this.#isUnderWay = true;
    this.#start();
  }

  async #run(): Promise<void> {
    try {
      await this.#findDatabase().connection().execute(this.#visit);
    } catch {
      // The database is being closed, or its next statement tells what is wrong with it. A later visit does what is left.
    } finally {
      this.#workBeforeVisit *= this.#slowdown;
      this.#worked = 0;
      this.#isUnderWay = false;
    }
  }
}

/**
 * Does what a server's autovacuum does and PGlite has nothing for: brings the planner's statistics up to date and frees the
 * room of dead rows.
 */
export async function vacuumChanged(session: Database): Promise<void> {
  // What the last statements changed is counted up to a second later otherwise.
  await sql`select pg_stat_force_next_flush()`.execute(session);
  for (const { name } of await listChanged(session)) await sql`vacuum (analyze) ${sql.table(name)}`.execute(session);
}

/** A fifth of the usual sample, which takes a fifth of the time: an import has it taken again and again. */
const sampleTarget = '20';

/**
 * Brings the planner's statistics of what indexes hold roughly up to date until a server's autovacuum does all of it, which
 * comes by a minute or more after the first rows; and it still does, since columns that are named do not count as analyzed.
 * Without any, PostgreSQL cannot tell the index of the primary key from others that lead with the organization, and upserts
 * take longer with every row: ten times as long and more by the time there are twenty thousand.
 */
export async function analyzeChanged(session: Database): Promise<void> {
  for (const { name, indexed } of await listChanged(session)) {
    if (indexed.length === 0) continue;
    // Each in a transaction of its own: who locks several tables would wait for the next while we wait for theirs.
    await session.transaction().execute(async (trx) => {
      await sql`select set_config('default_statistics_target', ${sampleTarget}, true)`.execute(trx);
      await sql`analyze ${sql.table(name)} (${sql.join(indexed.map((column) => sql.ref(column)))})`.execute(trx);
    });
  }
}

/** A table, and those of its columns that stand in an index. */
type ChangedTable = { readonly name: string; readonly indexed: readonly string[] };

/**
 * The tables that have rows and no statistics, and those of which a thousand rows or a fifth, whichever is more, have changed
 * since. PGlite counts from the moment it was opened, so that every run of a process that writes looks through them once.
 */
async function listChanged(session: Database): Promise<readonly ChangedTable[]> {
  const { rows } = await sql<ChangedTable>`
    select table_stats.relname as name, array(
      select distinct attname::text from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
      where indrelid = relid
    ) as indexed
    from pg_stat_user_tables table_stats join pg_class on pg_class.oid = table_stats.relid
    where table_stats.schemaname = current_schema()
      and (reltuples = -1 and pg_relation_size(relid) > 0
        or greatest(n_mod_since_analyze, n_dead_tup) > greatest(1000, 0.2 * n_live_tup))`.execute(session);
  return rows;
}
