import type { Database } from '../../src/db/schema.ts';

/** A database that counts the statements that go through it, and fails them while `failure` is set. */
export type CountedDatabase = { readonly db: Database; statements: number; failure: Error | undefined };

/** Counts the statements of whoever is given `db`, not those of others on the same database. */
export function countStatements(database: Database): CountedDatabase {
  const counted = {
    db: database.withPlugin({
      transformQuery: ({ node }) => {
        counted.statements += 1;
        if (counted.failure) throw counted.failure;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    }),
    statements: 0,
    failure: undefined as Error | undefined,
  };
  return counted;
}
