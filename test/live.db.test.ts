import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { composeServer, createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { nothingExposed } from '../src/config/exposure.ts';
import { type ChangeSignal, createLocalSignal } from '../src/db/change-signal.ts';
import { openChangeSignal, openDatabase } from '../src/db/client.ts';
import { parseOrganizationFile } from '../src/provision-file.ts';
import { formatCursor } from '../src/services/changes/change.ts';
import { createFollowChanges } from '../src/services/changes/follow.ts';
import { provision } from '../src/services/provisioning.ts';
import { createFigures } from '../src/telemetry/figures.ts';
import { createLog } from '../src/telemetry/log.ts';
import { changeFields, findEnd } from './support/changes.ts';
import { createTestStorage, findDatabaseKind } from './support/database.ts';
import { type TestGateway, anybody, openTestGateway } from './support/gateway.ts';
import { listen as listenRaw } from './support/raw-http.ts';
import { type LiveServer, type Subscription, listen, subscribe } from './support/live.ts';
import { countStatements } from './support/statements.ts';
import { upsertCategory } from './support/upserts.ts';

const subscription = `subscription ($filter: CustomerChangeFilter, $after: String) {
  customerChanged(filter: $filter, after: $after) { ${changeFields} }
}`;

let gateway: TestGateway;
let server: LiveServer;

beforeAll(async () => {
  gateway = await openTestGateway();
  server = await listen(gateway.server);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** The next changes of a subscription, as `reference@version`. */
async function take(events: Subscription, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const event = await events.next();
    if (event === 'complete' || !event.data) throw new Error(`No change: ${JSON.stringify(event)}`);
    const { reference, version } = event.data.customerChanged;
    taken.push(`${reference}@${version}`);
  }
  return taken;
}

describe('customerChanged', () => {
  it('sends each change of a customer as it is committed, with the customer as it is by then', async () => {
    const events = await subscribe(server.url, subscription);
    expect(events).toMatchObject({ status: 200, contentType: 'text/event-stream' });
    await upsertCategory(gateway, { reference: 'no-customer', name: 'C', parent: { reference: 'jewelry' } });
    for (const name of ['First', 'Second']) {
      await gateway.postCustomer('live', { name });
      expect(await events.next()).toMatchObject({
        data: {
          customerChanged: {
            kind: 'CUSTOMER',
            reference: 'live',
            door: 'REST',
            outcome: name === 'First' ? 'CREATED' : 'UPDATED',
            customer: { reference: 'live', name },
          },
        },
      });
    }
    events.close();
  });

  it('sends only what its filter wants', async () => {
    const references = await subscribe(server.url, subscription, { filter: { references: [' f-2 '] } });
    const fields = await subscribe(server.url, subscription, { filter: { changedFields: ['comment', 'city'] } });
    const outcomes = await subscribe(server.url, subscription, { filter: { outcomes: ['UPDATED'] } });
    await gateway.postCustomer('f-1', { name: 'one' });
    await gateway.postCustomer('f-2', { name: 'two' });
    await gateway.postCustomer('f-1', { name: 'one', comment: 'c' });
    await gateway.postCustomer('f-2', { name: 'two', phone: '1' });
    expect(await take(references, 2)).toEqual(['f-2@1', 'f-2@2']);
    expect(await take(outcomes, 2)).toEqual(['f-1@2', 'f-2@2']);
    expect(await take(fields, 1)).toEqual(['f-1@2']);
    for (const events of [references, fields, outcomes]) events.close();
  });

  it('goes on from a cursor', async () => {
    const after = await findEnd(gateway);
    await gateway.postCustomer('resumed', { name: 'one' });
    await gateway.postCustomer('resumed', { name: 'two' });
    const events = await subscribe(server.url, subscription, { after });
    expect(await take(events, 2)).toEqual(['resumed@1', 'resumed@2']);
    events.close();
  });

  it('sends a change once, also from many writers', async () => {
    const events = await subscribe(server.url, subscription);
    const references = Array.from({ length: 30 }, (_, index) => `once-${index}`);
    await Promise.all(references.map((reference) => gateway.postCustomer(reference, { name: 'n' })));
    await gateway.postCustomer('once-last', { name: 'n' });
    const taken = await take(events, 31);
    expect(taken.at(-1)).toBe('once-last@1');
    expect(taken.toSorted()).toEqual([...references, 'once-last'].map((each) => `${each}@1`).toSorted());
    events.close();
  });

  it('refuses a cursor that is none', async () => {
    const events = await subscribe(server.url, subscription, { after: 'x' });
    expect(await events.next()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(await events.next()).toBe('complete');
  });

  it('tells whose cursor names nothing any more', async () => {
    const after = formatCursor({ era: 0, transaction: 1, id: 1 });
    const events = await subscribe(server.url, subscription, { after });
    expect(await events.next()).toMatchObject({ errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }] });
    expect(await events.next()).toBe('complete');
  });

  it('refuses variables that do not fit, and tells of no more than a few', async () => {
    const filter = { references: Array.from({ length: 40 }, () => ({})) };
    const events = await subscribe(server.url, subscription, { filter });
    const event = await events.next();
    const errors = event === 'complete' ? [] : (event.errors ?? []);
    expect(errors).toHaveLength(6);
    const message = expect.stringMatching(/^Too many errors/) as string;
    expect(errors[5]).toMatchObject({ message, extensions: { code: 'BAD_USER_INPUT' } });
    expect(await events.next()).toBe('complete');
  });
});

/** A signal that counts who listens. */
function watchSignal(signal: ChangeSignal = createLocalSignal()) {
  let listening = 0;
  const watched: ChangeSignal = {
    ...signal,
    listen: (organizationId, wake) => {
      const stop = signal.listen(organizationId, wake);
      listening += 1;
      return () => {
        listening -= 1;
        stop();
      };
    },
  };
  return { watched, countListening: () => listening };
}

describe('one who follows', () => {
  it('leaves nothing behind when it goes away, while waiting or while changes come', async () => {
    const { watched, countListening } = watchSignal(gateway.deps.signal);
    await using own = await listen(
      composeServer({ ...gateway.deps, signal: watched, auth: anybody, publicUrl: 'http://own.test' }),
    );
    const waiting = await subscribe(own.url, subscription);
    const busy = await subscribe(own.url, subscription);
    const first = busy.next();
    void waiting.next().catch(() => undefined);
    await expect.poll(countListening).toBe(1);
    await gateway.postCustomer('leave', { name: '1' });
    await first;
    waiting.close();
    busy.close();
    await expect.poll(countListening, { timeout: 3_000 }).toBe(0);
  });

  it('is completed when subscriptions end, and so are those that come later', async () => {
    const signal = createLocalSignal();
    const deps = { db: gateway.deps.db, signal };
    const followChanges = createFollowChanges(deps);
    const changes = await followChanges(gateway.actor, undefined, () => true);
    const next = changes.next();
    await delay(50);
    signal.hangUp();
    expect(await next).toEqual({ done: true, value: undefined });
    const late = await followChanges(gateway.actor, undefined, () => true);
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it('reads no more than it takes', async () => {
    const deps = { db: gateway.deps.db, signal: createLocalSignal() };
    const counted = countStatements(deps.db);
    await using changes = await createFollowChanges({ ...deps, db: counted.db })(gateway.actor, undefined, () => true);
    await gateway.postCustomer('slow', { name: '0' });
    expect(await changes.next()).toMatchObject({ value: { reference: 'slow', version: 1 } });
    const read = counted.statements;
    for (let turn = 1; turn <= 5; turn += 1) {
      await gateway.postCustomer('slow', { name: String(turn) });
      deps.signal.announce(gateway.actor.organization.id);
    }
    expect(counted.statements).toBe(read);
    for (let version = 2; version <= 6; version += 1) {
      expect(await changes.next()).toMatchObject({ value: { reference: 'slow', version } });
    }
  });

  it('is told when the database fails, and goes on from its cursor when it is back', async () => {
    const counted = countStatements(gateway.deps.db);
    const signal = createLocalSignal();
    const deps = { ...gateway.deps, db: counted.db, signal };
    const logged: string[] = [];
    const log = createLog({ level: 'error', write: (line) => logged.push(line) });
    const telemetry = { log, logsAll: false, figures: createFigures(), tracing: undefined };
    await using own = await listen(composeServer({ ...deps, auth: anybody, publicUrl: 'http://own.test', telemetry }));
    const events = await subscribe(own.url, subscription);
    const next = events.next();
    await gateway.postCustomer('cut', { name: '1' });
    signal.announce(gateway.actor.organization.id);
    const first = await next;
    counted.failure = new Error('The database is gone.');
    const failed = events.next();
    signal.announce(gateway.actor.organization.id);
    expect(await failed).toEqual({
      errors: [
        {
          message: 'Unexpected error.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as string },
        },
      ],
    });
    expect(await events.next()).toBe('complete');
    expect(logged).toEqual([expect.stringContaining('The database is gone.')]);
    counted.failure = undefined;
    await gateway.postCustomer('cut', { name: '2' });
    const after = first === 'complete' ? '' : first.data?.customerChanged.cursor;
    const again = await subscribe(own.url, subscription, { after });
    expect(await take(again, 1)).toEqual(['cut@2']);
    again.close();
  });

  it('finds what no signal told of', async () => {
    const deps = { db: gateway.deps.db, signal: createLocalSignal() };
    await using changes = await createFollowChanges(deps)(gateway.actor, undefined, () => true);
    const next = changes.next();
    await delay(100);
    await gateway.postCustomer('silent', { name: 'Silent' });
    expect(await next).toMatchObject({ value: { reference: 'silent' } });
  });
});

if (findDatabaseKind() === 'postgres')
  describe('processes on one database', () => {
    it('hear of each other’s changes, also after their connections were cut', async () => {
      await using storage = await createTestStorage();
      const { settings } = storage;
      const directory = storage.env['DATA_DIR'] ?? '';
      const config = {
        http: { host: '127.0.0.1', port: 0 },
        maxConnections: 10,
        cors: { origins: [] },
        workers: 1,
        auth: anybody,
        rate: readConfig({}).rate,
        exposure: nothingExposed,
        publicUrl: 'http://gateway.test',
        dataDirectory: directory,
        database: settings,
        images: { kind: 'disk', directory },
        persistedOperations: undefined,
        telemetry: readConfig({}).telemetry,
        drainDelay: 0,
        secrets: {},
      } as const;
      const log = createLog({ level: 'silent', write: () => undefined });
      await using writer = await createApp(config, log);
      await using reader = await createApp(config, log);
      await using admin = await openDatabase(settings);
      await provision(
        admin.db,
        parseOrganizationFile(await readFile('examples/entity1.yaml', 'utf8'), 'example'),
        new Date(),
      );
      await using door = await listen(reader.server);
      await using writerDoor = await listenRaw(writer);
      const post = async (name: string) => {
        const started = performance.now();
        const body = new URLSearchParams({ name });
        const { status } = await writerDoor.fetch('/api/v1.0/customers/reference/far', { method: 'POST', body });
        expect(status).toBe(201);
        return started;
      };
      const listening = sql<{ pid: number }>`select pid from pg_stat_activity
        where datname = current_database() and application_name = 'customer-gateway changes' and query not like ''`;
      const count = async () => (await listening.execute(admin.db)).rows.length;
      await expect.poll(count, { timeout: 10_000 }).toBe(2);

      const events = await subscribe(door.url, subscription);
      const next = take(events, 1);
      await delay(100);
      const started = await post('one');
      expect(await next).toEqual(['far@1']);
      // Sooner than one who only looks from time to time.
      expect(performance.now() - started).toBeLessThan(3_000);

      const { rows: before } = await listening.execute(admin.db);
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'customer-gateway changes'`.execute(admin.db);
      await post('two');
      expect(await take(events, 1)).toEqual(['far@2']);
      const pids = async () => {
        const { rows } = await listening.execute(admin.db);
        return rows.filter(({ pid }) => !before.some((old) => old.pid === pid)).length;
      };
      await expect.poll(pids, { timeout: 10_000 }).toBe(2);

      writer.endSubscriptions();
      const end = events.next();
      reader.endSubscriptions();
      expect(await end).toBe('complete');
    });

    it('leave no connection behind, also where the server was never there', async () => {
      const signal = openChangeSignal({ kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/nothing' });
      signal.announce(1);
      await delay(50);
      const started = performance.now();
      await signal[Symbol.asyncDispose]();
      expect(performance.now() - started).toBeLessThan(3_000);
    });
  });
