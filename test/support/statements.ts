import type { Database } from '../../src/db/schema.ts';
import { watch } from './watch.ts';

/** A database that counts the statements that go through it, and fails them while `failure` is set. */
export type CountedDatabase = { readonly db: Database; statements: number; failure: Error | undefined };

/** Counts the statements of whoever is given `db`, not those of others on the same database. */
export function countStatements(database: Database): CountedDatabase {
  const before = () => {
    counted.statements += 1;
    if (counted.failure) throw counted.failure;
  };
  const counted: CountedDatabase = { db: watch(database, { before }), statements: 0, failure: undefined };
  return counted;
}
