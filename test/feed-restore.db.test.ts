import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { openDatabase } from '../src/db/client.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import type { Database } from '../src/db/schema.ts';
import { awaitFeed, askChanges, findEnd, readFeed, readPage } from './support/changes.ts';
import { createTestStorage, findDatabaseKind } from './support/database.ts';
import {
  type GraphAnswer,
  type TestGateway,
  anybody,
  graphqlRequest,
  openTestGateway,
  publicUrl,
} from './support/gateway.ts';
import { listen } from './support/raw-http.ts';
import { dump, openFreshServer, restore, spendTransactions } from './support/restore.ts';

/** The gateway of a test over another database. */
async function openOver(gateway: TestGateway, db: Database) {
  const server = composeServer({ ...gateway.deps, db, auth: anybody, publicUrl });
  const { fetch, [Symbol.asyncDispose]: dispose } = await listen({ server });
  return {
    [Symbol.asyncDispose]: dispose,
    graphql: async (query: string, variables: Record<string, unknown> = {}): Promise<GraphAnswer> => {
      const response = await fetch('/graphql', graphqlRequest(query, variables));
      return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
    },
    postCustomer: async (reference: string, name: string): Promise<void> => {
      const body = new URLSearchParams({ name });
      const { status } = await fetch(`/api/v1.0/customers/reference/${reference}`, { method: 'POST', body });
      expect(status).toBe(201);
    },
  };
}

const tell = ({ reference, version }: { reference: string; version: number }) => `${reference}@${version}`;

it('a consumer goes on after a dump was restored on a new server: each change once, in order', async () => {
  await using gateway = await openTestGateway();
  await spendTransactions(gateway.database.db, 3_000);
  const start = await findEnd(gateway);
  for (const name of ['1', '2', '3', '4']) await gateway.postCustomer('moved', { name });
  await awaitFeed(gateway, start, 4);
  const first = await readPage(gateway, { after: start, first: 2 });
  expect(first.nodes.map(tell)).toEqual(['moved@1', 'moved@2']);

  await using fresh = await openFreshServer();
  await restore(fresh.db, await dump(gateway.database.db));
  const { rows } = await sql<{ own: number; stored: number }>`
    select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as own, min(transaction) as stored
    from changes where reference = 'moved'`.execute(fresh.db);
  expect(rows[0]?.own).toBeLessThan(rows[0]?.stored ?? 0);
  await using moved = await openOver(gateway, fresh.db);
  // Nothing that was written elsewhere waits for the new server's transactions.
  expect((await readFeed(moved, first.endCursor)).map(tell)).toEqual(['moved@3', 'moved@4']);
  const second = await readPage(moved, { after: first.endCursor, first: 1 });
  await moved.postCustomer('moved', '5');
  await moved.postCustomer('new', 'n');
  expect((await awaitFeed(moved, second.endCursor, 3)).map(tell)).toEqual(['moved@4', 'moved@5', 'new@1']);

  // A dump of the new server comes back to the first one, which has never stopped.
  await using back = await openTestGateway();
  for (const { name } of (await dump(back.database.db)).tables)
    await sql`truncate ${sql.table(name)} cascade`.execute(back.database.db);
  await restore(back.database.db, await dump(fresh.db));
  await using returned = await openOver(gateway, back.database.db);
  await returned.postCustomer('moved', '6');
  const changes = await awaitFeed(returned, second.endCursor, 4);
  expect(changes.map(tell)).toEqual(['moved@4', 'moved@5', 'new@1', 'moved@6']);
});

it('a consumer that is ahead of the backup which was restored is told to start over', async () => {
  await using gateway = await openTestGateway();
  await spendTransactions(gateway.database.db, 3_000);
  const start = await findEnd(gateway);
  const backup = await dump(gateway.database.db);
  await gateway.postCustomer('lost', { name: 'Lost' });
  const [lost] = await awaitFeed(gateway, start, 1);

  await using fresh = await openFreshServer();
  await restore(fresh.db, backup);
  await using restored = await openOver(gateway, fresh.db);
  await restored.postCustomer('other', 'Other');
  const { status, errors } = await askChanges(restored, { after: lost?.cursor ?? '' });
  expect({ status, code: errors?.[0]?.extensions?.['code'] }).toEqual({ status: 410, code: 'CURSOR_EXPIRED' });
  expect((await awaitFeed(restored, start, 1)).map(tell)).toEqual(['other@1']);
});

it('every run of a server has one era, also where many write first at the same moment', async () => {
  await using gateway = await openTestGateway();
  const { db } = gateway.database;
  const start = await findEnd(gateway);
  const later = Date.now() + 1_000_000;
  await sql`insert into feed_eras values (${later}, '2026-01-01')`.execute(db);
  await Promise.all(Array.from({ length: 20 }, (_, index) => gateway.postCustomer(`era-${index}`, { name: 'e' })));
  expect(await awaitFeed(gateway, start, 20)).toHaveLength(20);
  const eras = await db.selectFrom('feed_eras').select('era').where('era', '>', later).execute();
  expect(eras).toEqual([{ era: later + 1 }]);
  const written = await db.selectFrom('changes').select('era').distinct().where('era', '>', later).execute();
  expect(written).toEqual(eras);
});

if (findDatabaseKind() === 'pglite')
  it('a consumer goes on after a folder was closed and opened again', async () => {
    await using gateway = await openTestGateway();
    await using storage = await createTestStorage();
    const open = async () => {
      const database = await openDatabase(storage.settings);
      await migrateToLatest(database.db);
      return database;
    };
    let cursor: string;
    {
      await using before = await open();
      await restore(before.db, await dump(gateway.database.db));
      await using own = await openOver(gateway, before.db);
      for (const name of ['1', '2']) await own.postCustomer('kept', name);
      cursor = (await readFeed(own)).find((change) => tell(change) === 'kept@1')?.cursor ?? '';
    }
    await using after = await open();
    await using own = await openOver(gateway, after.db);
    expect((await readFeed(own, cursor)).map(tell)).toEqual(['kept@2']);
    await own.postCustomer('kept', '3');
    expect((await awaitFeed(own, cursor, 2)).map(tell)).toEqual(['kept@2', 'kept@3']);
  });
