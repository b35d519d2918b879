import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../src/db/client.ts';
import { isConnectionError } from '../src/db/errors.ts';
import { lockFolder } from '../src/db/folder-lock.ts';
import { liftTimeLimits, PreparingPool } from '../src/db/preparing-pool.ts';
import { planOnce } from '../src/db/statement-names.ts';
import { SilenceWatch, createFindWorking } from '../src/db/silence.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import { requireSupportedVersion } from '../src/db/postgres.ts';
import { customerColumns } from '../src/services/customers/columns.ts';
import { createCustomerListing } from '../src/services/listing/customers.ts';
import { countTimers } from './support/count-timers.ts';
import { createTestStorage, findDatabaseKind, type TestStorage } from './support/database.ts';
import { failureOf } from './support/failure-of.ts';

const kind = findDatabaseKind();
let storage: TestStorage;

beforeAll(async () => {
  storage = await createTestStorage();
});

afterAll(() => storage[Symbol.asyncDispose]());

function requireUrl(): string {
  if (storage.settings.kind !== 'postgres') throw new Error('This test is about a server.');
  return storage.settings.url;
}

function changeUrl(change: (url: URL) => void): string {
  const url = new URL(requireUrl());
  change(url);
  return url.href;
}

if (kind === 'postgres')
  describe('opening a server', () => {
    it('names DATABASE_URL and the address, never the password, when nobody listens', async () => {
      const url = changeUrl((address) => {
        Object.assign(address, { port: '1', password: 's3cret' });
      });
      const error = await failureOf(openDatabase({ kind: 'postgres', url }));
      expect(String(error)).toMatch(/Cannot reach the database of DATABASE_URL, .* on 127\.0\.0\.1:1 .*ECONNREFUSED/);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
    });

    it('says what the server says when it refuses', async () => {
      const url = changeUrl((address) => Object.assign(address, { pathname: '/nowhere' }));
      await expect(openDatabase({ kind: 'postgres', url })).rejects.toThrow(/DATABASE_URL, "nowhere" .*does not exist/);
      const url2 = changeUrl((address) => Object.assign(address, { password: 's3cret' }));
      const error = await failureOf(openDatabase({ kind: 'postgres', url: url2 }));
      expect(String(error)).toMatch(/DATABASE_URL.*password authentication failed/);
      expect(String(error)).not.toContain('s3cret');
    });

    it('repeats nothing of an address it cannot read', async () => {
      const error = await failureOf(openDatabase({ kind: 'postgres', url: 'postgres://user:s3cret@host:port/' }));
      expect(String(error)).toContain('DATABASE_URL is no URL');
      expect(error).not.toHaveProperty('cause');
      expect(String(error)).not.toContain('s3cret');
    });
  });

it('refuses a server older than PostgreSQL 15, saying what it found', () => {
  expect(() => requireSupportedVersion('14.13 (Debian)')).toThrow(
    'DATABASE_URL names a server that runs PostgreSQL 14.13 (Debian); PostgreSQL 15 or newer is needed.',
  );
  expect(() => requireSupportedVersion('9.6.24')).toThrow();
  for (const version of ['15.0', '18.4', '19beta1', '100.1']) requireSupportedVersion(version);
});

if (kind === 'postgres')
  describe('a pool', () => {
    it('prepares the statements it repeats, and no others', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      const prepared = async () => {
        const { rows } = await sql<{ statement: string; calls: number }>`
        select statement, generic_plans + custom_plans as calls from pg_prepared_statements`.execute(open.db);
        return new Map(rows.map(({ statement, calls }) => [statement, calls]));
      };
      for (const number of [1, 2, 3]) await sql`select ${number}::bigint as number`.execute(open.db);
      await sql`create temporary table scratch (id bigint)`.execute(open.db);
      await open.db.transaction().execute((transaction) => sql`insert into scratch values (1)`.execute(transaction));
      const statements = await prepared();
      expect(statements.get('select $1::bigint as number')).toBe(3);
      expect([...statements.keys()].filter((text) => /^(create|begin|commit)/.test(text))).toEqual([]);
    });

    it('prepares lists without filters, as far as there are few different ones, and plans the others each time', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      await migrateToLatest(open.db);
      const customers = createCustomerListing(open);
      const actor = { organization: { id: 1, name: 'o', folder: 'o' }, userId: null };
      const read = async (fields: readonly string[], filter = {}, size = 1) =>
        customers.readPages(actor, customers.prepare({ first: size }, filter, [], { fields, withRelations: true }));
      const countLists = async () => {
        const { rows } = await sql<{ count: number }>`
          select count(*) from pg_prepared_statements where starts_with(statement, ${planOnce}::text)`.execute(open.db);
        return rows[0]?.count;
      };
      for (const size of [1, 2, 250]) await read(['name', 'createdBy'], {}, size);
      expect(await countLists()).toBe(1);
      await read(['name', 'createdBy'], { name: 'a*' });
      await read(['name'], { isActive: true });
      expect(await countLists()).toBe(1);
      for (const { field } of customerColumns) for (const other of ['id', 'version']) await read([field, other]);
      expect(await countLists()).toBe(50);
    });

    it('stops preparing at some number of different statements', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      for (let index = 0; index < 600; index += 1) await sql`select ${sql.lit(index)} as number`.execute(open.db);
      const { rows } = await sql<{ count: number }>`select count(*) from pg_prepared_statements`.execute(open.db);
      expect(rows[0]?.count).toBe(500);
    });

    it('goes on after a table was changed under a prepared statement', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      await sql`create table changing (a integer)`.execute(open.db);
      const read = () => sql`select * from changing`.execute(open.db);
      await read();
      await sql`alter table changing add b integer`.execute(open.db);
      expect(await failureOf(read())).toMatchObject({ code: '0A000' });
      expect((await read()).rows).toEqual([]);
    });

    it('goes on after the server closed its connections, used or idle', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      await using other = await openDatabase({ kind: 'postgres', url: requireUrl(), poolSize: 1 });
      const findPid = async () =>
        (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(open.db)).rows[0]?.pid ?? 0;
      const idle = await findPid();
      await sql`select pg_terminate_backend(${idle})`.execute(other.db);
      await expect.poll(findPid).not.toBe(idle);
      const used = await findPid();
      const sleep = failureOf(sql`select pg_sleep(20)`.execute(open.db));
      await sql`select pg_terminate_backend(${used}) from pg_sleep(0.3)`.execute(other.db);
      expect(isConnectionError(await sleep)).toBe(true);
      expect(await findPid()).not.toBe(used);
    });

    it('leaves no timer behind that would hold a process once it is closed', async () => {
      const timers = countTimers();
      await openDatabase({ kind: 'postgres', url: requireUrl() }).then((open) => open[Symbol.asyncDispose]());
      expect(countTimers()).toBeLessThanOrEqual(timers);
    });

    it('limits how long a statement and an idle transaction may take', async () => {
      await using open = await openDatabase({ kind: 'postgres', url: requireUrl() });
      const { rows } = await sql`select current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('application_name') as name`.execute(open.db);
      expect(rows).toEqual([{ statement: '30s', idle: '5s', name: 'customer-gateway' }]);
    });
  });

/** Stands between a pool and the server; once it is deaf nothing goes through, as when a network cable is pulled. */
async function startProxy(target: URL) {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
    sockets.push(near, far);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = new URL(target);
  url.port = String(port);
  return {
    url: url.href,
    /** The connections there are are cut; new ones go through. */
    goDeaf: () => {
      for (const socket of sockets.splice(0)) socket.unpipe().pause();
    },
    [Symbol.dispose]: () => void server.close(),
  };
}

/** Connections to `url` whose statements may take `timeout` milliseconds, and who watches over them. */
function openPool(url: string, { timeout = 30_000, silence, max = 1 }: PoolOptions) {
  const pool = new pg.Pool({ connectionString: url, max });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: new PreparingPool(pool, timeout, silence) }) });
  return { db, pool, [Symbol.asyncDispose]: () => db.destroy() };
}

type PoolOptions = { readonly timeout?: number; readonly silence: SilenceWatch; readonly max?: number };

/** How quick watches of tests are, in milliseconds. */
const impatience = { patience: 150, answer: 500, grace: 50 };

if (kind === 'postgres')
  describe('a server that falls silent', () => {
    const select = (db: Kysely<object>) => sql`select 1 as one`.execute(db).then(({ rows }) => rows);

    it('costs a statement its time limit, and the next one nothing; lifted limits hold for one session only', async () => {
      using proxy = await startProxy(new URL(requireUrl()));
      const nobody = new SilenceWatch(() => Promise.resolve(undefined));
      await using pool = openPool(proxy.url, { timeout: 400, silence: nobody });
      const { db } = pool;
      await select(db);
      proxy.goDeaf();
      expect(isConnectionError(await failureOf(select(db)))).toBe(true);
      expect(await select(db)).toEqual([{ one: 1 }]);
      await db.connection().execute(async (session) => {
        await sql.raw(liftTimeLimits).execute(session);
        await sql`select pg_sleep(0.8)`.execute(session);
      });
      expect(isConnectionError(await failureOf(sql`select pg_sleep(0.8)`.execute(db)))).toBe(true);
    });

    it('is found out long before the time limit, and none of the connections of that time is used again', async () => {
      using proxy = await startProxy(new URL(requireUrl()));
      const silence = new SilenceWatch(createFindWorking(proxy.url, impatience), impatience);
      await using pool = openPool(proxy.url, { silence, max: 4 });
      const { db } = pool;
      await Promise.all([1, 2, 3, 4].map(() => sql`select pg_sleep(0.05)`.execute(db)));
      proxy.goDeaf();
      expect(isConnectionError(await failureOf(select(db)))).toBe(true);
      const begun = performance.now();
      for (let count = 0; count < 4; count += 1) expect(await select(db)).toEqual([{ one: 1 }]);
      expect(performance.now() - begun).toBeLessThan(impatience.patience * 3);
    });

    it('in a transaction is not waited for a second time by taking it back', async () => {
      using proxy = await startProxy(new URL(requireUrl()));
      let asked = 0;
      const find = createFindWorking(proxy.url, impatience);
      const count: typeof find = (sessions) => {
        asked += 1;
        return find(sessions);
      };
      await using pool = openPool(proxy.url, { silence: new SilenceWatch(count, impatience) });
      const work = pool.db.transaction().execute(async (transaction) => {
        await sql`select 1`.execute(transaction);
        proxy.goDeaf();
        await sql`select 2`.execute(transaction);
      });
      expect(isConnectionError(await failureOf(work))).toBe(true);
      expect(asked).toBe(1);
    });

    it('is told from one that is slow, or whose sessions cannot be told apart', async () => {
      const find = createFindWorking(requireUrl(), impatience);
      await using slow = openPool(requireUrl(), { silence: new SilenceWatch(find, impatience) });
      await sql`select pg_sleep(0.8)`.execute(slow.db);
      // A pooler has process ids of its own, which the server has never heard of.
      const pooled = new SilenceWatch(() => Promise.resolve(undefined), impatience);
      await using other = openPool(requireUrl(), { silence: pooled });
      await sql`select pg_sleep(0.8)`.execute(other.db);
    });

    it('is given up where it cannot be asked, and waited for where it is only full', async () => {
      const gone = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
      const full = Object.assign(new Error('full'), { code: '53300' });
      const watch = (failure: Error) => new SilenceWatch(() => Promise.reject(failure), impatience);
      await using lost = openPool(requireUrl(), { silence: watch(gone) });
      expect(isConnectionError(await failureOf(sql`select pg_sleep(2)`.execute(lost.db)))).toBe(true);
      await using kept = openPool(requireUrl(), { silence: watch(full) });
      await sql`select pg_sleep(0.8)`.execute(kept.db);
    });
  });

if (kind === 'pglite')
  describe('a folder', () => {
    it('is refused while another database is open in it', async () => {
      if (storage.settings.kind !== 'pglite') throw new Error('This test is about a folder.');
      const lock = await lockFolder(storage.settings.directory);
      await expect(openDatabase(storage.settings)).rejects.toThrow(/is in use by process .* choose another DATA_DIR/);
      await lock[Symbol.asyncDispose]();
    });
  });
