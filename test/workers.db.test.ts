import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openDatabase } from '../src/db/client.ts';
import type { Database } from '../src/db/schema.ts';
import { runCommand } from './support/cli.ts';
import { startCommand } from './support/cli-process.ts';
import { type Cluster, type Load, findRunning, launchCluster, startCluster, startLoad } from './support/cluster.ts';
import {
  type TestStorage,
  createProvisionedStorage,
  findDatabaseKind,
  refusingConnections,
} from './support/database.ts';
import { findFreePort } from './support/free-port.ts';
import { subscribe } from './support/live.ts';
import { listAskedFigures } from './support/dashboard.ts';
import { sendRaw, toRequest } from './support/raw-http.ts';
import { type Samples, listNames, parseScrape } from './support/scrape.ts';
import type { LogLine } from './support/served.ts';
import { startSlowRequest } from './support/slow-request.ts';

const patience = { timeout: 30_000, interval: 50 };

let storage: TestStorage;

beforeAll(async () => {
  storage = await createProvisionedStorage();
});

afterAll(() => storage[Symbol.asyncDispose]());

if (findDatabaseKind() === 'pglite')
  it('serves from an embedded database by one process only', async () => {
    const { code, out, err } = await runCommand(['serve', '--workers', '2'], { env: storage.env });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^WORKERS is "2", but .* set DATABASE_URL for more\.\n$/);
  });

if (findDatabaseKind() === 'postgres')
  describe('customer-gateway serve --workers', () => {
    /** For what heals: whatever ends it has one of its own. */
    let shared: Cluster;

    beforeAll(async () => {
      shared = await startCluster(storage.env);
    });

    afterAll(() => shared[Symbol.asyncDispose]());

    async function query<Answer>(read: (db: Database) => Promise<Answer>): Promise<Answer> {
      await using database = await openDatabase(storage.settings);
      return await read(database.db);
    }

    async function post(reference: string, name: string): Promise<Response> {
      const address = `${shared.url}/api/v1.0/customers/reference/${reference}`;
      return fetch(address, { method: 'POST', body: new URLSearchParams({ name }) });
    }

    /** Sends a signal to one of the workers and waits until it is gone. */
    async function endWorker(signal: NodeJS.Signals): Promise<void> {
      const [victim] = await shared.listWorkers();
      if (victim === undefined) throw new Error('There is no worker.');
      process.kill(victim, signal);
      await expect.poll(() => findRunning([victim]), patience).toEqual([]);
    }

    /** Waits until the primary has told of an end; the reason may be a pattern. */
    async function awaitNotice(reason: string): Promise<void> {
      const notice = expect.objectContaining({
        level: 'error',
        pid: shared.primary.pid,
        message: 'a worker has ended, another one starts',
        reason: expect.stringMatching(new RegExp(`^${reason}$`)) as string,
        seconds: expect.any(Number) as number,
      }) as LogLine;
      await expect.poll(shared.log, patience).toContainEqual(notice);
    }

    async function awaitReplacement(): Promise<void> {
      await expect.poll(shared.listWorkers, patience).toHaveLength(2);
    }

    async function expectStored(references: readonly string[], prefix: string): Promise<void> {
      const rows = await query((db) =>
        db.selectFrom('customers').select('reference').where('reference', 'like', `${prefix}-%`).execute(),
      );
      const stored = new Set(rows.map(({ reference }) => reference));
      expect(references.filter((reference) => !stored.has(reference))).toEqual([]);
    }

    async function awaitMore(load: Load, count: number): Promise<void> {
      const enough = load.countAcknowledged() + count;
      await expect.poll(load.countAcknowledged, patience).toBeGreaterThan(enough);
    }

    it('says once that all of them serve, and how many they are', async () => {
      const message = shared.primary.out();
      expect(message.match(/The customer gateway is ready\./g)).toHaveLength(1);
      expect(message).toMatch(/^ {2}Workers {8}2 processes$/m);
      expect(await shared.listWorkers()).toHaveLength(2);
    });

    it('keeps the upserts of one reference in a row, whichever workers they go through', async () => {
      const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => post('same', `Name ${index}`)));
      const outcomes = answers.map(({ headers }) => headers.get('x-upsert-outcome'));
      expect(outcomes.toSorted()).toEqual(['created', ...Array<string>(23).fill('updated')]);
      const versions = answers.map(({ headers }) => Number(headers.get('etag')?.replaceAll('"', '')));
      expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    });

    it('opens no more connections than one process does, but for one a worker to hear of changes', async () => {
      const load = startLoad(shared.url, 'many');
      await awaitMore(load, 40);
      const { rows } = await query((db) =>
        sql<{ name: string; count: number }>`
          select application_name as name, count(*) as count from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() group by 1`.execute(db),
      );
      await load.stop();
      const counts = new Map(rows.map(({ name, count }) => [name, count]));
      expect(counts.get('customer-gateway')).toBeLessThanOrEqual(10);
      expect(counts.get('customer-gateway changes')).toBe(2);
    });

    it('counts calls together: what is spent at one worker is gone at the others', async () => {
      await using limited = await startCluster({ ...storage.env, RATE_LIMIT: '100/h' });
      // Each on a connection of its own, so that the workers take turns.
      const call = async () =>
        (await sendRaw(limited.port, toRequest('GET /api/v1/users/1', { host: '127.0.0.1' })))?.status;
      let answered = 0;
      const callAll = async (count: number) => {
        const statuses = await Promise.all(Array.from({ length: count }, call));
        answered += statuses.filter((status) => status === 200).length;
        return new Set(statuses);
      };
      expect(await callAll(100)).toEqual(new Set([200]));
      await expect.poll(() => callAll(4), { ...patience, interval: 500 }).toEqual(new Set([429]));
      // Each by itself they would have answered 200.
      expect(answered).toBeLessThan(150);
    });

    it('brings a change to the subscribers of all; a worker told to stop completes its own and is replaced once it can be', async () => {
      const document = 'subscription { customerChanged { customer { name } } }';
      const hear = (name: string) => ({ data: { customerChanged: { customer: { name } } } });
      // What was written before may come late: transactions of other tests on this server hold it back.
      const earlier = await subscribe(shared.url, document);
      await post('heard', 'Earlier');
      await vi.waitUntil(async () => isDeepStrictEqual(await earlier.next(), hear('Earlier')), patience);
      earlier.close();
      const subscriptions = await Promise.all(Array.from({ length: 16 }, () => subscribe(shared.url, document)));
      await post('heard', 'First');
      for (const { next } of subscriptions) expect(await next()).toEqual(hear('First'));
      await refusingConnections(storage, async () => {
        await endWorker('SIGTERM');
        await awaitNotice('process \\d+ ended with exit code 0');
        await awaitNotice('Cannot reach the database of DATABASE_URL, .*');
      });
      await post('heard', 'Second');
      const heard = await Promise.all(subscriptions.map(({ next }) => next()));
      for (const { close } of subscriptions) close();
      expect(heard).toContainEqual(hear('Second'));
      expect(heard).toContain('complete');
      await awaitReplacement();
    });

    it('replaces one that is killed, serves meanwhile, and loses nothing it has acknowledged', async () => {
      const load = startLoad(shared.url, 'kill');
      await awaitMore(load, 20);
      await endWorker('SIGKILL');
      await Promise.all([awaitNotice('process \\d+ was killed by SIGKILL'), awaitMore(load, 20)]);
      await awaitReplacement();
      await awaitMore(load, 20);
      await expectStored(await load.stop(), 'kill');
    });

    it('cuts off who was handed to one that is killed before it could take over, and asks that one nothing any more', async () => {
      await using cluster = await startCluster({ ...storage.env, LOG_LEVEL: 'warn' });
      const [victim = 0, ...others] = await cluster.listWorkers();
      process.kill(victim, 'SIGSTOP');
      let answered = 0;
      const call = async () => {
        const answer = await sendRaw(cluster.port, toRequest('GET /livez', { host: '127.0.0.1' }));
        if (answer) answered += 1;
        return answer?.status;
      };
      const calls = Array.from({ length: 4 }, call);
      await expect.poll(() => answered, patience).toBe(3);
      process.kill(victim, 'SIGKILL');
      expect((await Promise.all(calls)).toSorted()).toEqual([200, 200, 200, undefined]);
      await expect.poll(() => findRunning([victim]), patience).toEqual([]);
      expect((await fetch(`${cluster.url}/metrics`)).status).toBe(200);
      expect(await findRunning(others)).toEqual(others);
      const told = cluster.log().map(({ message }) => message);
      expect(told.filter((message) => message !== 'a worker has ended, another one starts')).toEqual([]);
    });

    describe.each([
      { place: 'METRICS_PORT', isOwn: true },
      { place: 'PORT', isOwn: false },
    ])('/metrics at $place', ({ isOwn }) => {
      const regions = 'customer_gateway_http_requests_total{route="/api/regions/{id}",method="GET",status="200"}';
      let cluster: Cluster;
      let operatorPort: number;

      beforeAll(async () => {
        const port = isOwn ? await findFreePort() : undefined;
        const own = port === undefined ? {} : { METRICS_PORT: String(port) };
        cluster = await startCluster({ ...storage.env, ...own, LOG_LEVEL: 'info', ACCESS_LOG: 'on' });
        operatorPort = port ?? cluster.port;
      });

      afterAll(() => cluster[Symbol.asyncDispose]());

      /** Asks on a connection of its own, so that the workers take turns; undefined where it is cut. */
      async function get(port: number, path: string): Promise<{ status: number; text: string } | undefined> {
        const init = { headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) };
        try {
          const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
          return { status: answer.status, text: await answer.text() };
        } catch {
          return undefined;
        }
      }

      async function callRegions(count: number): Promise<void> {
        const calls = Array.from({ length: count }, () => get(cluster.port, '/api/v1.0/regions/3'));
        expect((await Promise.all(calls)).filter((answer) => answer?.status !== 200)).toEqual([]);
      }

      async function findPage(): Promise<string | undefined> {
        const answer = await get(operatorPort, '/metrics');
        return answer?.status === 200 ? answer.text : undefined;
      }

      const requirePage = () => vi.waitUntil(findPage, patience);

      async function scrape(): Promise<Samples> {
        return parseScrape(await requirePage());
      }

      async function readiness() {
        const answer = await get(operatorPort, '/readyz');
        const { checks } = JSON.parse(answer?.text ?? '') as { checks: Record<string, string> };
        return { status: answer?.status, workers: checks['workers'], process: checks['process'] };
      }

      const countRegions = async () => (await scrape()).get(regions);
      const listLabels = (samples: Samples) =>
        ['1', '2', '3', '4'].filter((name) => samples.has(`process_cpu_seconds_total{worker="${name}"}`));

      it('tells what all workers have counted, and what each needs of the machine', async () => {
        await callRegions(30);
        await expect.poll(countRegions, patience).toBe(30);
        const listCounting = () => {
          const lines = cluster.log().filter(({ route }) => route === '/api/regions/{id}');
          return [...new Set(lines.map(({ pid }) => pid))];
        };
        await expect.poll(listCounting, patience).toHaveLength(2);
        const text = await requirePage();
        const samples = parseScrape(text);
        expect(listLabels(samples)).toEqual(['1', '2']);
        expect([...samples.keys()].filter((key) => /^customer_gateway_.*worker=/.test(key))).toEqual([]);
        const names = listNames(text);
        expect((await listAskedFigures()).filter((name) => !names.has(name))).toEqual([]);
      });

      it('never tells less when one is killed and replaced', async () => {
        const before = await countRegions();
        const [victim = 0] = await cluster.listWorkers();
        process.kill(victim, 'SIGKILL');
        const told: (number | undefined)[] = [];
        const look = async () => {
          const samples = await scrape();
          told.push(samples.get(regions));
          return listLabels(samples);
        };
        await expect.poll(look, { timeout: 60_000, interval: 200 }).toContain('3');
        expect(told.filter((count) => count !== before)).toEqual([]);
        await callRegions(10);
        await expect.poll(countRegions, patience).toBe((before ?? 0) + 10);
      });

      if (isOwn)
        it('waits for none that hangs, and is ready as long as one of them is', async () => {
          const before = await countRegions();
          const workers = await cluster.listWorkers();
          const signal = (pids: readonly number[], name: NodeJS.Signals) => {
            for (const pid of pids) process.kill(pid, name);
          };
          try {
            signal(workers.slice(1), 'SIGSTOP');
            await expect.poll(readiness, patience).toEqual({ status: 200, workers: 'ok', process: 'ok' });
            expect(await countRegions()).toBe(before);
            signal(workers, 'SIGSTOP');
            await expect.poll(readiness, patience).toEqual({ status: 503, workers: 'none ready', process: 'ok' });
            expect(await countRegions()).toBe(before);
            expect(await get(operatorPort, '/livez')).toMatchObject({ status: 200 });
          } finally {
            signal(workers, 'SIGCONT');
          }
          await expect.poll(readiness, patience).toMatchObject({ status: 200 });
        });

      it('may be asked while all of it stops', async () => {
        const slow = await startSlowRequest(cluster.port, `asked-${isOwn}`);
        const ask = async (): Promise<void> => {
          while (cluster.primary.isRunning()) {
            await get(operatorPort, '/metrics');
            await delay(10);
          }
        };
        const asking = ask();
        cluster.primary.signal('SIGTERM');
        const draining = { status: 503, process: 'draining' };
        if (isOwn) await expect.poll(readiness, patience).toMatchObject(draining);
        expect(await slow.finish()).toMatch(/HTTP\/1\.1 201 /);
        expect(await cluster.primary.exit).toBe(0);
        await asking;
        // A worker that is let go of just then cannot ask any more.
        const usual = ['a worker has ended, another one starts', ...(isOwn ? [] : ['a page for operators failed'])];
        const failures = cluster.log().filter(({ level }) => level === 'error');
        expect(failures.filter(({ message }) => !usual.includes(String(message)))).toEqual([]);
      });
    });

    it('finishes in all of them what is under way when it is told to stop, and leaves none', async () => {
      await using cluster = await startCluster(storage.env);
      const { port, url, primary } = cluster;
      const pids = [primary.pid, ...(await cluster.listWorkers())];
      const load = startLoad(url, 'stop');
      await awaitMore(load, 20);
      const slow = await Promise.all([1, 2, 3, 4].map((number) => startSlowRequest(port, `slow-${number}`)));
      primary.signal('SIGTERM');
      await expect.poll(() => fetch(url).catch(() => 'refused'), patience).toBe('refused');
      const answers = await Promise.all(slow.map(({ finish }) => finish()));
      for (const answer of answers) expect(answer).toMatch(/HTTP\/1\.1 201 /);
      expect(await primary.exit).toBe(0);
      expect(await findRunning(pids)).toEqual([]);
      await expectStored(await load.stop(), 'stop');
      expect(primary.err()).toBe('');
    });

    it('stops in order also when the first of them serves and the others do not yet', async () => {
      await using cluster = await launchCluster(storage.env, 4);
      const isServed = async () => (await fetch(`${cluster.url}/readyz`).catch(() => undefined))?.ok;
      await expect.poll(isServed, { timeout: 60_000, interval: 1 }).toBe(true);
      const workers = await cluster.listWorkers();
      cluster.primary.signal('SIGTERM');
      expect(await cluster.primary.exit).toBe(0);
      await expect.poll(() => findRunning(workers), patience).toEqual([]);
    });

    it('is ready in none of them before it stops, serves on in all for DRAIN_DELAY, and ends with 0', async () => {
      await using cluster = await startCluster({ ...storage.env, DRAIN_DELAY: '2' });
      const { port, url, primary } = cluster;
      const askMany = async (path: string) => {
        const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(url + path)));
        return new Set(answers.map(({ status, headers }) => `${status} ${headers.get('connection')}`));
      };
      expect(await askMany('/readyz')).toEqual(new Set(['200 keep-alive']));
      const slow = await Promise.all([1, 2].map((number) => startSlowRequest(port, `drained-${number}`)));
      primary.signal('SIGTERM');
      await expect.poll(() => askMany('/readyz'), patience).toEqual(new Set(['503 close']));
      expect(await askMany('/api/v1.0/regions/3')).toEqual(new Set(['200 close']));
      await expect.poll(() => fetch(url).catch(() => 'refused'), patience).toBe('refused');
      for (const { finish } of slow) expect(await finish()).toMatch(/HTTP\/1\.1 201 /);
      expect({ code: await primary.exit, err: primary.err() }).toEqual({ code: 0, err: '' });
    });

    it('leaves no worker behind where the primary is killed; they finish what is under way', async () => {
      await using cluster = await startCluster(storage.env);
      const workers = await cluster.listWorkers();
      const slow = await Promise.all([1, 2].map((number) => startSlowRequest(cluster.port, `orphan-${number}`)));
      await cluster.primary.kill();
      const answers = await Promise.all(slow.map(({ finish }) => finish()));
      for (const answer of answers) expect(answer).toMatch(/HTTP\/1\.1 201 /);
      await expect.poll(() => findRunning(workers), patience).toEqual([]);
      expect(cluster.primary.err()).toBe('');
    });

    it('says what keeps it from starting as one process does, once', async () => {
      const serve = (env: Record<string, string>) =>
        runCommand(['serve', '--workers', '2'], { env: { ...storage.env, ...env } });
      expect(await serve({ PORT: String(shared.port) })).toEqual({
        code: 1,
        out: '',
        err: `PORT ${shared.port} on 127.0.0.1 is in use by another program: stop it, or set PORT to a free one.\n`,
      });
      const away = await serve({ DATABASE_URL: 'postgres://gateway:hunter2@127.0.0.1:1/customers' });
      expect(away.code).toBe(1);
      expect(away.err).toMatch(/^Cannot reach the database of DATABASE_URL, .*ECONNREFUSED.*\n$/);
    });

    it('says once what keeps its workers from starting, and leaves none', async () => {
      const file = path.join(storage.env['DATA_DIR'] ?? '', 'operations.json');
      await writeFile(file, '[]');
      const env = { ...storage.env, PORT: String(await findFreePort()), PERSISTED_OPERATIONS: file };
      const { exit, out, err } = startCommand(inject('program'), ['serve', '--workers', '2'], env);
      expect({ code: await exit, out: out() }).toEqual({ code: 1, out: '' });
      expect(err()).toMatch(/^PERSISTED_OPERATIONS: .* must hold a JSON object of documents by id\.\n$/);
    });
  });
