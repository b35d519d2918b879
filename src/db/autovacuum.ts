import { sql } from 'kysely';
import type { Database } from './schema.ts';

/** Milliseconds. To look at the tables takes about one. */
const workBetweenLooks = 200;

/**
 * What a server's autovacuum does and PGlite has nothing for: while the tables change it brings the planner's statistics up
 * to date and frees the room of dead rows. It comes by after every 200 ms of work, between transactions, since it waits for
 * the one connection like everybody else. An idle database is left alone.
 */
export class Autovacuum {
  readonly #findDatabase: () => Database;
  #worked = 0;
  #isUnderWay = false;

  constructor(findDatabase: () => Database) {
    this.#findDatabase = findDatabase;
  }

  /** Tells of a statement that took so many milliseconds. Neither waits nor throws. */
  addWork(milliseconds: number): void {
    this.#worked += milliseconds;
    if (this.#isUnderWay || this.#worked < workBetweenLooks) return;
    this.#isUnderWay = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.#findDatabase().connection().execute(vacuumChanged);
    } catch {
      // The database is being closed, or its next statement tells what is wrong with it. A table left out now has its turn.
    } finally {
      this.#worked = 0;
      this.#isUnderWay = false;
    }
  }
}

async function vacuumChanged(session: Database): Promise<void> {
  for (const table of await listChanged(session)) await sql`vacuum (analyze) ${sql.table(table)}`.execute(session);
}

/**
 * The tables of which a thousand rows or a fifth, whichever is more, have changed since. PGlite counts from the moment it
 * was opened, so that every run of a process that writes looks through the tables once.
 */
async function listChanged(session: Database): Promise<readonly string[]> {
  // What the last statements changed is counted up to a second later otherwise.
  await sql`select pg_stat_force_next_flush()`.execute(session);
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_stat_user_tables
    where schemaname = current_schema()
      and greatest(n_mod_since_analyze, n_dead_tup) > greatest(1000, 0.2 * n_live_tup)`.execute(session);
  return rows.map(({ name }) => name);
}
