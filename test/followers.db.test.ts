import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { createLocalSignal } from '../src/db/change-signal.ts';
import { type Change, comparePositions, parseCursor } from '../src/services/changes/change.ts';
import { createFollowChanges } from '../src/services/changes/follow.ts';
import { pruneChanges } from '../src/services/changes/prune.ts';
import { CursorExpiredError } from '../src/services/errors.ts';
import { awaitFeed, findEnd } from './support/changes.ts';
import { type TestGateway, anybody, openTestGateway } from './support/gateway.ts';
import { listen, subscribe } from './support/live.ts';
import { countStatements } from './support/statements.ts';
import { upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

const everything = () => true;
const tell = ({ reference, version }: { reference: string; version: number }) => `${reference}@${version}`;

/** What those who follow in a process of their own work with. */
const createDeps = () => ({ db: gateway.deps.db, signal: createLocalSignal() });

/** Creates customers in one call. */
async function create(references: readonly string[]): Promise<void> {
  const items = references.map((reference) => ({ input: { reference, name: 'n' }, problems: [] }));
  for (const { ok } of await upsertCustomers(gateway.deps, gateway.actor, items)) expect(ok).toBe(true);
}

const number = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function take(changes: AsyncGenerator<Change, void, void>, count: number): Promise<Change[]> {
  const taken: Change[] = [];
  while (taken.length < count) {
    const next = await changes.next();
    if (next.done) throw new Error('The changes ended.');
    taken.push(next.value);
  }
  return taken;
}

/** More than are kept for those who are slow. */
const floodSize = 1_300;

/** Writes a flood of changes: one takes the first only, the other all of them. */
async function flood(
  prefix: string,
  deps: ReturnType<typeof createDeps>,
  slow: AsyncGenerator<Change, void, void>,
  quick: AsyncGenerator<Change, void, void>,
): Promise<readonly [first: string[], all: string[]]> {
  const taken = Promise.all([take(slow, 1), take(quick, floodSize)]);
  for (let part = 0; part < 13; part += 1) await create(number(`${prefix}-${part}`, floodSize / 13));
  deps.signal.announce(gateway.actor.organization.id);
  const [first, all] = await taken;
  return [first.map(tell), all.map(tell)];
}

describe('those who follow an organization', () => {
  it('cost the same number of statements for a change, however many they are', async () => {
    const counted = countStatements(gateway.deps.db);
    const own = composeServer({ ...gateway.deps, db: counted.db, auth: anybody, publicUrl: 'http://own.test' });
    await using server = await listen(own);
    const selection = '{ customerChanged { reference customer { name customerCategory { name } } } }';
    const open = (count: number) =>
      Promise.all(Array.from({ length: count }, () => subscribe(server.url, `subscription ${selection}`)));
    // A change that waits for a transaction of another test is looked for again, so some cost more: the least is the cost.
    const measure = async (events: Awaited<ReturnType<typeof open>>) => {
      let least = Infinity;
      for (let turn = 0; least > 3 && turn < 200; turn += 1) {
        counted.statements = 0;
        const next = Promise.all(events.map((each) => each.next()));
        await gateway.postCustomer('counted', { name: String(Math.random()) });
        expect(await next).toHaveLength(events.length);
        least = Math.min(least, counted.statements);
      }
      for (const each of events) each.close();
      return least;
    };
    // The feed, the customer, its category.
    expect(await measure(await open(1))).toBe(3);
    expect(await measure(await open(50))).toBe(3);
  });

  it('each meet every change behind their beginning once and in order, whenever they come, however slow they are', async () => {
    const deps = createDeps();
    const follow = createFollowChanges(deps);
    const start = await findEnd(gateway);
    const begin = async (index: number) => {
      await delay(Math.random() * 200);
      const after = index % 2 === 0 ? parseCursor(start) : undefined;
      return { index, after, changes: await follow(gateway.actor, after, everything) };
    };
    const readToEnd = async ({ index, after, changes }: Awaited<ReturnType<typeof begin>>) => {
      const told: string[] = [];
      for await (const change of changes) {
        told.push(tell(change));
        if (change.reference === 'each-last') break;
        if (index % 3 === 0) await delay(Math.random() * 2);
      }
      return { after, told };
    };
    const beginnings = Array.from({ length: 16 }, (_, index) => begin(index));
    const reading = Promise.all(beginnings.map(async (beginning) => readToEnd(await beginning)));
    const write = async (references: readonly string[]) => {
      await create(references);
      deps.signal.announce(gateway.actor.organization.id);
    };
    for (let turn = 0; turn < 25; turn += 1) await write(number(`each-${turn}`, 1 + Math.floor(Math.random() * 40)));
    await Promise.all(beginnings);
    await write(['each-last']);
    const followers = await reading;
    const feed = (await awaitFeed(gateway, start, 26)).map(tell);
    expect(feed.at(-1)).toBe('each-last@1');
    for (const { after, told } of followers) expect(told).toEqual(feed.slice(after ? 0 : -told.length));
  });

  it('wait for nobody who is slow and reads for himself what is not kept any more', async () => {
    const deps = createDeps();
    const follow = createFollowChanges(deps);
    await using slow = await follow(gateway.actor, undefined, everything);
    await using quick = await follow(gateway.actor, undefined, everything);
    const [first, all] = await flood('slow', deps, slow, quick);
    expect(new Set(all).size).toBe(floodSize);
    expect([...first, ...(await take(slow, floodSize - 1)).map(tell)]).toEqual(all);
  });

  it('are told when what they have not read yet was pruned', async () => {
    const deps = createDeps();
    const follow = createFollowChanges(deps);
    await using slow = await follow(gateway.actor, undefined, everything);
    await using quick = await follow(gateway.actor, undefined, everything);
    const [seen, all] = await flood('pruned', deps, slow, quick);
    await sql`update changes set changed_at = now() - interval '100 days'`.execute(deps.db);
    await pruneChanges(deps, 90);
    const readOn = async () => {
      for await (const change of slow) seen.push(tell(change));
    };
    await expect(readOn()).rejects.toThrow(CursorExpiredError);
    expect(seen).toEqual(all.slice(0, seen.length));
    expect(seen.length).toBeLessThan(floodSize);
  });

  it('all hear of a database that fails, and go on from their cursors when it is back', async () => {
    const counted = countStatements(gateway.deps.db);
    const deps = { db: counted.db, signal: createLocalSignal() };
    const follow = createFollowChanges(deps);
    const start = await findEnd(gateway);
    const followers = await Promise.all([1, 2, 3].map(() => follow(gateway.actor, parseCursor(start), everything)));
    await create(['failing-1']);
    const taken = await Promise.all(followers.map((each) => take(each, 1)));
    expect(taken.flat().map(tell)).toEqual(Array(3).fill('failing-1@1'));
    const position = taken[0]?.[0]?.position;
    counted.failure = new Error('The database is gone.');
    const nexts = followers.map((each) => each.next());
    deps.signal.announce(gateway.actor.organization.id);
    for (const next of nexts) await expect(next).rejects.toThrow('The database is gone.');
    counted.failure = undefined;
    await create(['failing-2']);
    await using again = await follow(gateway.actor, position, everything);
    expect((await take(again, 1)).map(tell)).toEqual(['failing-2@1']);
  });
});

it('places in the feed are ordered by era, then transaction, then id', () => {
  const places = [0, 1, 2].flatMap((era) =>
    [0, 1, 2].flatMap((transaction) => [0, 1, 2].map((id) => ({ era, transaction, id }))),
  );
  expect(places.toReversed().toSorted(comparePositions)).toEqual(places);
});
