import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pruneChanges } from '../src/services/changes/prune.ts';
import { askChanges, awaitFeed, findEnd, readFeed } from './support/changes.ts';
import { findDatabaseKind } from './support/database.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';

let gateway: TestGateway;
let start: string;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

beforeEach(async () => {
  start = await findEnd(gateway);
});

const tell = ({ reference, version }: { reference: string; version: number }) => `${reference}@${version}`;

/** Writes versions of a customer and answers their cursors, in order. */
async function write(reference: string, versions: number): Promise<string[]> {
  for (let version = 1; version <= versions; version += 1)
    await gateway.postCustomer(reference, { name: String(version) });
  const changes = (await awaitFeed(gateway, start, versions)).filter((change) => change.reference === reference);
  expect(changes.map(tell)).toEqual(Array.from({ length: versions }, (_, index) => `${reference}@${index + 1}`));
  return changes.map(({ cursor }) => cursor);
}

/** Makes the first versions of a customer, and all that was there before, as old as a hundred days. */
async function age(reference: string, versions: number): Promise<void> {
  await sql`update changes set changed_at = now() - interval '100 days'
    where (era, transaction, id) <= (
      select era, transaction, id from changes where reference = ${reference} and version = ${versions}
    )`.execute(gateway.deps.db);
}

const prune = (days: number, batchSize?: number) => pruneChanges(gateway.deps, days, () => undefined, batchSize);
const count = async () => (await gateway.deps.db.selectFrom('changes').select('id').execute()).length;

describe('pruning', () => {
  it('removes what is older, but the last of it, and keeps every cursor behind which nothing is missing', async () => {
    const cursors = await write('aged', 5);
    await age('aged', 3);
    await prune(90);
    expect((await readFeed(gateway)).map(tell)).toEqual(['aged@3', 'aged@4', 'aged@5']);
    const behind = async (version: number) => (await readFeed(gateway, cursors[version - 1])).map(tell);
    expect(await behind(3)).toEqual(['aged@4', 'aged@5']);
    expect(await behind(4)).toEqual(['aged@5']);
    expect(await behind(5)).toEqual([]);
    for (const after of [start, cursors[0], cursors[1]]) {
      const { status, data, errors } = await askChanges(gateway, { after: after ?? '' });
      expect({ status, data }).toEqual({ status: 410, data: null });
      expect(errors).toMatchObject([
        {
          message:
            'The change of this cursor is no longer kept. Start over: read all records, then the changes without a cursor.',
          extensions: { code: 'CURSOR_EXPIRED' },
        },
      ]);
    }
  });

  it('keeps the cursor of one who has read everything, however long ago', async () => {
    const [cursor] = await write('quiet', 1);
    await age('quiet', 1);
    await prune(90);
    await prune(90);
    expect(await readFeed(gateway, cursor)).toEqual([]);
    await gateway.postCustomer('quiet', { name: 'again' });
    expect((await awaitFeed(gateway, cursor ?? '', 1)).map(tell)).toEqual(['quiet@2']);
  });

  it('removes nothing twice, and nothing that is young', async () => {
    await write('young', 2);
    await age('young', 2);
    expect(await prune(101)).toBe(0);
    expect(await prune(90)).toBeGreaterThan(0);
    const kept = await count();
    expect(await prune(90)).toBe(0);
    expect(await count()).toBe(kept);
  });

  it('goes no further than the first young change, so that nothing is missing in the middle', async () => {
    await write('gap', 3);
    await age('gap', 3);
    await sql`update changes set changed_at = now() where reference = 'gap' and version = 2`.execute(gateway.deps.db);
    await prune(90);
    expect((await readFeed(gateway)).map(tell)).toEqual(['gap@1', 'gap@2', 'gap@3']);
  });

  it('keeps young changes of former runs of the server', async () => {
    await write('former', 3);
    const later = { era: Date.now() + 1_000_000, server_start: new Date() };
    await gateway.deps.db.insertInto('feed_eras').values(later).execute();
    const kept = await count();
    expect(await prune(90)).toBe(0);
    expect(await count()).toBe(kept);
  });

  it('takes as many batches as it needs, each a statement of its own', async () => {
    await write('batched', 11);
    await age('batched', 11);
    const before = await count();
    const progress: number[] = [];
    const removed = await pruneChanges(gateway.deps, 90, (soFar) => progress.push(soFar), 4);
    expect(removed).toBe(before - 1);
    expect(progress).toEqual(Array.from({ length: Math.floor(removed / 3) }, (_, index) => (index + 1) * 3));
    expect((await readFeed(gateway)).map(tell)).toEqual(['batched@11']);
  });

  it('leaves the other organizations’ changes to their own age', async () => {
    await using own = await openTestGateway();
    await findEnd(own);
    await own.provision('name: Pruned\ncurrency: EUR\nrootCategory: { reference: theirs, name: All }\n');
    const { db } = own.deps;
    await sql`update changes set changed_at = now() - interval '100 days'
      where organization_id = ${own.actor.organization.id}`.execute(db);
    await pruneChanges(own.deps, 90);
    const kept = await db.selectFrom('changes').select('reference').orderBy('organization_id').execute();
    expect(kept).toEqual([{ reference: expect.stringMatching('mark') as string }, { reference: 'theirs' }]);
  });

  if (findDatabaseKind() === 'postgres')
    it('keeps what nobody could read yet, because a transaction that began before it is under way', async () => {
      await prune(90);
      const slow = await gateway.deps.db.startTransaction().execute();
      await sql`select pg_current_xact_id()`.execute(slow);
      for (const name of ['1', '2']) await gateway.postCustomer('unread', { name });
      await age('unread', 2);
      await prune(90);
      await slow.commit().execute();
      expect((await awaitFeed(gateway, start, 2)).map(tell)).toEqual(['unread@1', 'unread@2']);
    });
});
