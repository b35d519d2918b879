import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { inOrganization, outsideOrganizations } from '../src/db/organization.ts';
import type { Database } from '../src/db/schema.ts';
import { type RestAnswer, type TestGateway, openTestGateway } from './support/gateway.ts';
import { expectFailure } from './support/rest.ts';

const upsert = `mutation ($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome } }
}`;

const bulk = `mutation ($inputs: [UpsertCustomersInput!]!) {
  upsertCustomers(inputs: $inputs) { created failed results { ... on UpsertFailure { errors { code message } } } }
}`;

/** The limits on time that are in force for a statement. */
async function readLimits(db: Database): Promise<unknown> {
  const { rows } = await sql`select current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock,
    current_setting('idle_in_transaction_session_timeout') as idle`.execute(db);
  return rows[0];
}

const { kind } = inject('database');

if (kind === 'postgres') {
  let gateway: TestGateway;
  let release: () => Promise<unknown> = () => Promise.resolve();

  beforeAll(async () => {
    gateway = await openTestGateway({ patience: { races: 6_500, outages: 1_000 } });
    for (const reference of ['locked-1', 'locked-2', 'locked-3'])
      await gateway.postCustomer(reference, { name: 'before' });
  });

  afterEach(() => release());

  afterAll(() => gateway[Symbol.asyncDispose]());

  /** Runs a statement in a session of its own, which keeps its locks until they are released. */
  async function holdLock(statement: string): Promise<void> {
    const trx = await gateway.database.db.startTransaction().execute();
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx);
    await sql.raw(statement).execute(trx);
    let released: Promise<unknown> | undefined;
    release = () => (released ??= trx.rollback().execute());
  }

  const lockRows = () => holdLock(`select from customers where reference like 'locked-%' for update`);

  /** What a client has to be told that may come again. */
  function expectToComeAgain(answer: RestAnswer, text: string): void {
    expectFailure(answer, 503, 'service_unavailable', text);
    expect(answer.headers.get('retry-after')).toBe('1');
  }

  function ask(query: string, variables: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  }

  async function expectGraphToComeAgain(response: Response, message: string): Promise<void> {
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
  }

  const read = (reference: string) => gateway.rest(`/api/v1/customers/reference/${reference}`);

  describe('a record that another session has locked', () => {
    it('is a 503 at both doors, changes nothing and keeps no other from being done, and comes through later', async () => {
      await lockRows();
      const inputs = ['free-3', 'locked-3', 'free-4'].map((reference) => ({ reference, name: 'in bulk' }));
      const [rest, graph, many, ...others] = await Promise.all([
        gateway.postCustomer('locked-1', { name: 'by form' }),
        ask(upsert, { input: { reference: 'locked-2', name: 'by GraphQL' } }),
        gateway.graphql(bulk, { inputs }),
        ...['free-1', 'free-2'].map((reference) => gateway.postCustomer(reference, { name: 'beside' })),
      ]);
      expectToComeAgain(rest, texts.tooManyWriters);
      await expectGraphToComeAgain(graph, texts.tooManyWriters);
      const refused = { errors: [{ code: 'SERVICE_UNAVAILABLE', message: texts.tooManyWriters }] };
      expect(many.data).toEqual({ upsertCustomers: { created: 2, failed: 1, results: [{}, refused, {}] } });
      expect(others.map(({ status }) => status)).toEqual([201, 201]);
      expect((await read('locked-1')).body['name']).toBe('before');
      await release();
      const again = await gateway.postCustomer('locked-1', { name: 'by form' });
      expect(again.headers.get('x-upsert-outcome')).toBe('updated');
    });

    it('is waited for when it is let go of in time', async () => {
      await lockRows();
      const waiting = gateway.postCustomer('locked-1', { name: 'waited' });
      await delay(100);
      await release();
      expect((await waiting).headers.get('x-upsert-outcome')).toBe('updated');
    });
  });

  it('a table that another session has locked is a 503 for reading, at both doors', async () => {
    await holdLock('lock table customers in access exclusive mode');
    const [rest, graph] = await Promise.all([read('locked-1'), ask('{ customers { nodes { name } } }', {})]);
    expectToComeAgain(rest, texts.databaseSlow);
    await expectGraphToComeAgain(graph, texts.databaseSlow);
  });

  it('a statement that the server ends for its time is a 503', async () => {
    await holdLock('lock table customers in access exclusive mode');
    const answer = read('locked-1');
    const cancel = sql<{ done: boolean }>`select pg_cancel_backend(pid) as done from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await cancel.execute(gateway.database.db)).rows).toEqual([{ done: true }]);
    expectToComeAgain(await answer, texts.databaseSlow);
  });

  describe('statements of an organization', () => {
    it('have their limits with every transaction, whatever the session they share has', async () => {
      const single = await openTestGateway({ poolSize: 1 });
      const { db } = single.database;
      await sql`set statement_timeout to 0`.execute(db);
      await sql`set idle_in_transaction_session_timeout to 0`.execute(db);
      expect(await readLimits(db)).toEqual({ statement: '0', lock: '0', idle: '0' });
      const limited = { statement: '30s', lock: '1500ms', idle: '5s' };
      const own = inOrganization(db, single.actor.organization.id);
      expect(await readLimits(own)).toEqual(limited);
      expect(await own.transaction().execute(readLimits)).toEqual(limited);
      expect(await readLimits(outsideOrganizations(db))).toEqual({ ...limited, lock: '0' });
      expect(await readLimits(db)).toEqual({ statement: '0', lock: '0', idle: '0' });
      await single[Symbol.asyncDispose]();
    });
  });
}

if (kind === 'pglite')
  it('an embedded database has no limits of time, since it has one session', async () => {
    await using gateway = await openTestGateway();
    const own = inOrganization(gateway.database.db, gateway.actor.organization.id);
    expect(await readLimits(own)).toEqual({ statement: '0', lock: '0', idle: '0' });
  });
