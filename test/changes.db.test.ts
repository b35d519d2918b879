import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { inOrganization } from '../src/db/organization.ts';
import { formatCursor, parseCursor } from '../src/services/changes/change.ts';
import { askChanges, awaitFeed, findEnd, readFeed, readPage } from './support/changes.ts';
import { findDatabaseKind } from './support/database.ts';
import {
  type GraphAnswer,
  type TestGateway,
  anybody,
  graphqlRequest,
  openTestGateway,
  publicUrl,
} from './support/gateway.ts';
import { listen } from './support/raw-http.ts';
import { countStatements } from './support/statements.ts';
import { upsertCategory, upsertCustomer } from './support/upserts.ts';
import { upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

describe('a change', () => {
  it('tells what happened to a customer, through which door, and how the customer is now', async () => {
    const start = await findEnd(gateway);
    await gateway.postCustomer('tell', { name: 'Told', billingCity: 'Nice' });
    await upsertCustomer(gateway, { reference: 'tell', name: 'Told again', creditLimit: 5 });
    const [created, updated, ...more] = await awaitFeed(gateway, start, 2);
    const shared = { kind: 'CUSTOMER', reference: 'tell', actor: null, customerCategory: null };
    const customer = { reference: 'tell', name: 'Told again' };
    expect(created).toMatchObject({ ...shared, outcome: 'CREATED', version: 1, door: 'REST', customer });
    expect(created?.changedFields).toEqual(['reference', 'name', 'billingCity', 'city']);
    expect(updated).toMatchObject({ ...shared, outcome: 'UPDATED', version: 2, door: 'GRAPHQL', customer });
    expect(updated?.changedFields).toEqual(['name', 'creditLimit']);
    expect(updated?.recordId).toBe(created?.recordId);
    expect(updated?.changedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(more).toEqual([]);
  });

  it('tells of customer categories too', async () => {
    const start = await findEnd(gateway);
    await upsertCategory(gateway, { reference: 'tell-c', name: 'Category', parent: { reference: 'jewelry' } });
    await gateway.postCategory('tell-c', { name: 'Renamed', parentId: 'jewelry', reference: 'told-c' });
    const changes = await awaitFeed(gateway, start, 2);
    const now = { reference: 'told-c', name: 'Renamed' };
    expect(changes).toMatchObject([
      { kind: 'CUSTOMER_CATEGORY', outcome: 'CREATED', reference: 'tell-c', door: 'GRAPHQL', customerCategory: now },
      { kind: 'CUSTOMER_CATEGORY', outcome: 'UPDATED', reference: 'told-c', door: 'REST', customer: null },
    ]);
    expect(changes[1]?.changedFields).toEqual(['reference', 'name']);
  });

  it('tells of the categories of an organization file', async () => {
    const provisioned = (await readFeed(gateway)).filter(({ door }) => door === 'PROVISIONING');
    expect(provisioned[0]).toMatchObject({ kind: 'CUSTOMER_CATEGORY', outcome: 'CREATED', version: 1 });
    expect(provisioned[0]?.changedFields).toEqual(['reference', 'name', 'isRoot']);
    expect(provisioned[1]?.changedFields).toEqual(['reference', 'name', 'parent']);
    const { count } = await gateway.deps.db
      .selectFrom('customer_categories')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('id', '<=', 3)
      .executeTakeFirstOrThrow();
    expect(provisioned).toHaveLength(count);
  });

  it('tells which user made it', async () => {
    const start = await findEnd(gateway);
    const [user] = await gateway.deps.db.selectFrom('users').select(['id', 'reference']).orderBy('id').execute();
    const actor = { ...gateway.actor, userId: user?.id ?? 0 };
    await upsertCustomers(gateway.deps, actor, [{ input: { reference: 'mine', name: 'Mine' }, problems: [] }]);
    const [change] = await awaitFeed(gateway, start, 1);
    expect(change).toMatchObject({ reference: 'mine', actor: { reference: user?.reference } });
  });

  it('outlives the record it tells of', async () => {
    const start = await findEnd(gateway);
    await gateway.postCustomer('gone', { name: 'Gone' });
    await gateway.deps.db.deleteFrom('customers').where('reference', '=', 'gone').execute();
    expect(await awaitFeed(gateway, start, 1)).toMatchObject([{ reference: 'gone', customer: null }]);
  });

  it('is left by nothing that was unchanged, refused or only tried', async () => {
    await gateway.postCustomer('still', { name: 'Still' });
    const start = await findEnd(gateway);
    await gateway.postCustomer('still', { name: 'Still' });
    await gateway.postCustomer('refused', { name: 'No', categoryId: 'nowhere' });
    await gateway.rest('/api/v1.0/customers/reference/tried?validateOnly=true', {
      method: 'POST',
      body: new URLSearchParams({ name: 'Tried' }),
    });
    const tried = await gateway.graphql(
      'mutation { upsertCustomer(input: { reference: "still", name: "Tried" }, validateOnly: true) { __typename } }',
    );
    expect(tried.data).toEqual({ upsertCustomer: { __typename: 'UpsertCustomerSuccess' } });
    await gateway.postCustomer('after-all', { name: 'Last' });
    expect((await awaitFeed(gateway, start, 1)).map(({ reference }) => reference)).toEqual(['after-all']);
  });
});

describe('the feed', () => {
  it('is read page by page, and stays where it is at its end', async () => {
    const start = await findEnd(gateway);
    for (const name of ['one', 'two', 'three']) await gateway.postCustomer('paged', { name });
    await awaitFeed(gateway, start, 3);
    const first = await readPage(gateway, { after: start, first: 2 });
    expect(first).toMatchObject({ nodes: [{ version: 1 }, { version: 2 }], hasNextPage: true });
    expect(first.endCursor).toBe(first.nodes[1]?.cursor);
    const second = await readPage(gateway, { after: first.endCursor, first: 2 });
    expect(second).toMatchObject({ nodes: [{ version: 3 }], hasNextPage: false });
    const third = await readPage(gateway, { after: second.endCursor });
    expect(third).toEqual({ nodes: [], endCursor: second.endCursor, hasNextPage: false });
  });

  it.each([
    '',
    ' ',
    'x',
    'MS4',
    '%00',
    'MS4x ',
    Buffer.from('1.1.-1').toString('base64url'),
    Buffer.from('1.1.0').toString('base64url'),
    'é'.repeat(500),
  ])('refuses the cursor %j', async (after) => {
    const { status, errors } = await askChanges(gateway, { after });
    expect({ status, code: errors?.[0]?.extensions?.['code'] }).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
  });

  it.each([0, -1, 1001])('refuses pages of %i', async (first) => {
    const { status, errors } = await askChanges(gateway, { first });
    expect({ status, code: errors?.[0]?.extensions?.['code'] }).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
  });

  it('has one cursor for every place, and reads no other text as one', () => {
    const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (era, transaction, id) => {
        expect(parseCursor(formatCursor({ era, transaction, id }))).toEqual({ era, transaction, id });
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        const position = parseCursor(text);
        expect(position === undefined || formatCursor(position) === text).toBe(true);
      }),
    );
  });

  it('costs the same number of statements for any page', async () => {
    const counter = countStatements(gateway.deps.db);
    const server = composeServer({ ...gateway.deps, db: counter.db, auth: anybody, publicUrl });
    await using listening = await listen({ server });
    const counted = {
      graphql: async (query: string, variables: Record<string, unknown> = {}): Promise<GraphAnswer> => {
        const response = await listening.fetch('/graphql', graphqlRequest(query, variables));
        return (await response.json()) as GraphAnswer;
      },
    };
    const start = await findEnd(gateway);
    await Promise.all(Array.from({ length: 20 }, (_, index) => gateway.postCustomer(`cost-${index}`, { name: 'c' })));
    await awaitFeed(gateway, start, 20);
    await readPage(counted, { after: start, first: 1 });
    counter.statements = 0;
    await readPage(counted, { after: start, first: 1 });
    const forOne = counter.statements;
    counter.statements = 0;
    expect((await readPage(counted, { after: start, first: 20 })).nodes).toHaveLength(20);
    expect(counter.statements).toBe(forOne);
    expect(forOne).toBe(2);
  });
});

/** One who reads the feed and crashes again and again: what it keeps is what it has taken, and its cursor. */
async function consume(start: string, isDone: (taken: number) => boolean) {
  const taken: string[] = [];
  let cursor = start;
  const deadline = performance.now() + 60_000;
  while (!isDone(taken.length) && performance.now() < deadline) {
    const page = await readPage(gateway, { after: cursor, first: 1 + Math.floor(Math.random() * 7) });
    // A crash: everything behind a random place of the page is forgotten.
    const kept = page.nodes.slice(0, Math.floor(Math.random() * (page.nodes.length + 1)));
    for (const { reference, version, outcome } of kept) taken.push(`${outcome} ${reference}@${version}`);
    cursor = kept.at(-1)?.cursor ?? cursor;
    await delay(2);
  }
  return taken;
}

describe('many writers at once', () => {
  it('show every acknowledged change exactly once to one who crashes and resumes, each record in its order', async () => {
    const start = await findEnd(gateway);
    const acknowledged: string[] = [];
    let isWriting = true;
    const write = async (writer: number): Promise<void> => {
      for (let turn = 0; turn < 12; turn += 1) {
        const reference = `many-${Math.floor(Math.random() * 6)}`;
        const isBatch = turn % 4 === 0;
        const inputs = isBatch ? [reference, `many-batch-${writer}-${turn}`] : [reference];
        const results = await upsertCustomers(
          gateway.deps,
          gateway.actor,
          inputs.map((each) => ({ input: { reference: each, name: `${writer} ${turn}` }, problems: [] })),
        );
        for (const result of results) {
          if (!result.ok) throw new Error('A writer was refused.');
          acknowledged.push(`${result.outcome.toUpperCase()} ${result.record.reference}@${result.record.version}`);
        }
      }
    };
    const writing = Promise.all(Array.from({ length: 6 }, (_, writer) => write(writer))).finally(() => {
      isWriting = false;
    });
    const taken = await consume(start, (count) => !isWriting && count >= acknowledged.length);
    await writing;
    expect(taken.toSorted()).toEqual(acknowledged.toSorted());
    for (const reference of new Set(taken.map((each) => /(many\S*)@/.exec(each)?.[1] ?? ''))) {
      const versions = taken.filter((each) => each.includes(`${reference}@`)).map((each) => Number(each.split('@')[1]));
      expect(versions).toEqual(versions.map((_, index) => index + 1));
    }
  });

  if (findDatabaseKind() === 'postgres') {
    const beginTransaction = () =>
      inOrganization(gateway.deps.db, gateway.actor.organization.id).startTransaction().execute();
    const upsertIn = (db: TestGateway['deps']['db'], reference: string, name: string) =>
      upsertCustomers({ ...gateway.deps, db }, gateway.actor, [{ input: { reference, name }, problems: [] }]);

    it('skip nobody who finishes late: what began after waits for it', async () => {
      const start = await findEnd(gateway);
      const slow = await beginTransaction();
      await upsertIn(slow, 'late', 'Late');
      for (const reference of ['early-1', 'early-2']) await gateway.postCustomer(reference, { name: 'Early' });
      const held = await readPage(gateway, { after: start });
      expect(held).toEqual({ nodes: [], endCursor: start, hasNextPage: false });
      await slow.commit().execute();
      const changes = await awaitFeed(gateway, held.endCursor, 3);
      expect(changes.map(({ reference }) => reference)).toEqual(['late', 'early-1', 'early-2']);
    });

    it('leave nothing of one that is taken back', async () => {
      const start = await findEnd(gateway);
      const slow = await beginTransaction();
      await upsertIn(slow, 'never', 'Never');
      await gateway.postCustomer('kept', { name: 'Kept' });
      await slow.rollback().execute();
      expect((await awaitFeed(gateway, start, 1)).map(({ reference }) => reference)).toEqual(['kept']);
    });

    it('show a record in the order of its versions, also where the later writer began first', async () => {
      const start = await findEnd(gateway);
      const early = await beginTransaction();
      await sql`select pg_current_xact_id()`.execute(early);
      await gateway.postCustomer('turn', { name: 'first' });
      await upsertIn(early, 'turn', 'second');
      await early.commit().execute();
      await gateway.postCustomer('turn', { name: 'third' });
      expect((await awaitFeed(gateway, start, 3)).map(({ version }) => version)).toEqual([1, 2, 3]);
    });
  }
});

it('the feed keeps organizations apart', async () => {
  await using shared = await openTestGateway();
  await shared.provision('name: Other\ncurrency: EUR\nrootCategory: { reference: theirs-c, name: All }\n');
  const as = (name: string, body: RequestInit) => ({
    ...body,
    headers: { 'content-type': 'application/json', 'x-organization': name },
  });
  const graphqlAs = (name: string) => ({
    graphql: async (query: string, variables: Record<string, unknown> = {}): Promise<GraphAnswer> => {
      const response = await shared.fetch('/graphql', as(name, graphqlRequest(query, variables)));
      return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
    },
  });
  await shared.rest('/api/v1.0/customers/reference/theirs', {
    method: 'POST',
    body: new URLSearchParams({ name: 'Theirs' }),
    headers: { 'x-organization': 'Other' },
  });
  await expect
    .poll(() => readFeed(graphqlAs('Other')), { timeout: 20_000 })
    .toMatchObject([
      { kind: 'CUSTOMER_CATEGORY', reference: 'theirs-c', door: 'PROVISIONING' },
      { kind: 'CUSTOMER', reference: 'theirs', door: 'REST' },
    ]);
  const ours = await readFeed(graphqlAs(shared.actor.organization.name));
  expect(ours.map(({ reference }) => reference)).toContain('jewelry');
  expect(ours.filter(({ reference }) => reference.startsWith('theirs'))).toEqual([]);
});
