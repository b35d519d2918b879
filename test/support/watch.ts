import { type KyselyPlugin, type QueryId, RawNode, type Transaction } from 'kysely';
import type { Database, Schema } from '../../src/db/schema.ts';

/** What happens around a database's statements. */
export type Watching = {
  /** Runs before each statement; what it throws is thrown instead of running it. */
  readonly before?: (isWrite: boolean, statement: string) => void;
  /** Runs after each statement; what it throws is thrown although it ran, and what it waits for is waited for. */
  readonly after?: (isWrite: boolean) => void | Promise<void>;
};

/** The database with somebody looking on; the statements that write upserts are told from the others. */
export function watch(db: Database, { before, after }: Watching): Database {
  const writes = new WeakSet<QueryId>();
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      const isWrite = RawNode.is(node) && node.sqlFragments.some((fragment) => fragment.includes('insert into'));
      if (isWrite) writes.add(queryId);
      before?.(isWrite, JSON.stringify(node));
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      await after?.(writes.has(queryId));
      return result;
    },
  };
  return db.withPlugin(plugin);
}

/** Has the database's next transaction be told to have failed with `error` although it was committed; `meanwhile` comes in between. */
export function loseCommit(db: Database, error: Error, meanwhile = () => Promise.resolve()): void {
  const begin = db.transaction.bind(db);
  db.transaction = () => {
    const begun = begin();
    const execute = begun.execute.bind(begun);
    return Object.assign(begun, {
      execute: async <Answer>(work: (trx: Transaction<Schema>) => Promise<Answer>): Promise<Answer> => {
        await execute(work);
        db.transaction = begin;
        await meanwhile();
        throw error;
      },
    });
  };
}
