import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { sweepImages } from '../../src/services/sweep-images.ts';
import { listKeys, readBytes } from '../support/blobs.ts';
import { type ChangeNode, askChanges, awaitFeed, readFeed } from '../support/changes.ts';
import { readServerBackup } from '../support/documented-backup.ts';
import {
  type Called,
  type Holdings,
  createKey,
  expectNothingToBring,
  provisionNeighbour,
  putPicture,
  readHoldings,
  startCalled,
} from '../support/holdings.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { createOrdinary, createOwn, expectKeptApart } from './databases.ts';
import { type Operator, createOperator } from './operator.ts';
import { type Place, createBucketPlace, createFolderPlace } from './places.ts';
import { requirePostgresPrograms, requireProgram } from './postgres-programs.ts';
import { renewed, startUploads } from './uploads.ts';

let operator: Operator;
let server: PostgresServer;
/** Has nothing of the first one: no roles, and transaction numbers from the beginning. */
let otherServer: PostgresServer;

beforeAll(async () => {
  const binaries = requirePostgresPrograms();
  for (const name of ['rsync', 'aws']) await requireProgram(name);
  operator = await createOperator(binaries);
  server = await startPostgres(undefined, binaries);
  otherServer = await startPostgres(undefined, binaries);
});

afterAll(async () => {
  for (const each of [otherServer, server, operator]) await each[Symbol.asyncDispose]();
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.');
  return value;
}

const tell = ({ reference, version }: { reference: string; version: number }) => `${reference}@${version}`;

const kinds = [
  ['a folder', { createPlace: createFolderPlace, copy: 'fromFolder', putBack: 'toFolder' }],
  ['a bucket', { createPlace: createBucketPlace, copy: 'fromBucket', putBack: 'toBucket' }],
] as const;

describe.each(kinds)(
  'PostgreSQL and images in %s, copied while pictures are uploaded and replaced, and restored elsewhere',
  (_, kind) => {
    const opened: AsyncDisposable[] = [];
    const open = <Opened extends AsyncDisposable>(each: Opened): Opened => {
      opened.push(each);
      return each;
    };
    /** Where it was copied from, and where it was restored. */
    let origin: Place;
    let target: Place;
    let targetUrl: string;
    let restored: Called;
    /** Versions that were acknowledged before the copy began. */
    let acknowledged: ReadonlyMap<string, number>;
    /** A change from before the copy, and one that came after the database's. */
    let early: ChangeNode | undefined;
    let late: ChangeNode | undefined;
    let held: { readonly origin: Holdings; readonly restored: Holdings };
    let feeds: { readonly origin: readonly ChangeNode[]; readonly restored: readonly ChangeNode[] };

    beforeAll(async () => {
      const commands = await readServerBackup();
      const folder = open(await createTemporaryFolder());
      origin = open(await kind.createPlace());
      target = open(await kind.createPlace());
      targetUrl = await createOwn(otherServer);
      const env = { ...origin.env, DATABASE_URL: await createOwn(server) };
      const targetEnv = { ...target.env, DATABASE_URL: targetUrl };
      const run = (printed: string, where: Readonly<Record<string, string>>) =>
        operator.run(printed, { cwd: folder.path, env: where });
      const key = await createKey(env);
      await provisionNeighbour(env);

      const gateway = await startCalled(env, key);
      await putPicture(gateway.caller, 'customerCategories', 'pictured');
      const uploads = startUploads(gateway.caller);
      await uploads.goRound();
      [early] = await awaitFeed(gateway.caller, undefined, 1);
      acknowledged = uploads.countWrites();
      await run(commands.back, env);
      await uploads.goRound();
      late = (await readFeed(gateway.caller, early?.cursor)).at(-1);
      await run(commands[kind.copy], env);
      await uploads.stop();
      const heldBefore = await readHoldings(gateway);
      const feedBefore = await awaitFeed(gateway.caller, early?.cursor, acknowledged.size);
      await gateway.stop();

      await run(commands.restore, targetEnv);
      await run(commands[kind.putBack], targetEnv);
      await expectNothingToBring(targetEnv);
      restored = await startCalled(targetEnv, key);
      open({ [Symbol.asyncDispose]: restored.stop });
      held = { origin: heldBefore, restored: await readHoldings(restored) };
      feeds = { origin: feedBefore, restored: await readFeed(restored.caller, early?.cursor) };
    });

    afterAll(async () => {
      for (const each of opened.reverse()) await each[Symbol.asyncDispose]();
    });

    it('no record that was acknowledged before is missing, or older', () => {
      const versions = new Map(held.restored.customers.map(({ reference, version }) => [reference, version]));
      expect(acknowledged.size).toBeGreaterThan(renewed.length);
      for (const [reference, version] of acknowledged)
        expect(versions.get(reference), reference).toBeGreaterThanOrEqual(version);
      expect(held.restored.categories).toEqual(held.origin.categories);
    });

    it('every rendition of every picture that a row names is there byte for byte, also of those replaced meanwhile', async () => {
      const { customers, categories, pictures } = held.restored;
      const pictured = [...customers.map(({ logo }) => logo), ...categories.map(({ image }) => image)].filter(Boolean);
      expect(pictures.size).toBe(3 * pictured.length);
      for (const [where, hash] of pictures) {
        const bytes = await readBytes(origin.blobs, where.slice(1));
        expect(hash, where).toBe(bytes && createHash('sha256').update(bytes).digest('hex'));
      }
      expect([...pictures.values()]).not.toContain(undefined);
      const now = new Map(held.origin.customers.map(({ reference, logo }) => [reference, logo?.original]));
      const replaced = customers.filter(({ reference, logo }) => now.get(reference) !== logo?.original);
      expect(replaced.map(({ reference }) => reference)).toEqual(expect.arrayContaining(renewed));
    });

    it('whoever follows the feed goes on with what was copied, and starts over where it was read further', async () => {
      const copied = new Set(feeds.restored.map(tell));
      expect(feeds.origin.length).toBeGreaterThan(copied.size);
      expect(feeds.restored.map(tell)).toEqual(feeds.origin.map(tell).filter((each) => copied.has(each)));
      for (const [reference, version] of acknowledged)
        if (tell({ reference, version }) !== tell(required(early)))
          expect(copied).toContain(tell({ reference, version }));
      const { status, errors } = await askChanges(restored.caller, { after: required(late).cursor });
      expect({ status, code: errors?.[0]?.extensions?.['code'] }).toEqual({ status: 410, code: 'CURSOR_EXPIRED' });
    });

    it('forced row-level security keeps organizations apart, by the role that a new server lacked', async () => {
      await expectKeptApart(targetUrl, 'customer_gateway_app');
    });

    it('upserts go on where they were, and the feed tells them', async () => {
      const { caller } = restored;
      const last = feeds.restored.at(-1);
      await putPicture(caller, 'customers', 'after');
      await putPicture(caller, 'customers', 'after');
      const changes = await awaitFeed(caller, last?.cursor, 2);
      expect(changes.map(tell)).toEqual(['after@1', 'after@2']);
    });

    it('a sweep takes the pictures of rows that were not copied, and no other', async () => {
      await using database = await openDatabase({ kind: 'postgres', url: targetUrl, poolSize: 2 });
      const { db } = database;
      await sql`update image_sweeps set kept_until = now()`.execute(db);
      const before = await listKeys(target.blobs);
      const inTwoDays = () => new Date(Date.now() + 2 * 86_400_000);
      const { strays } = await sweepImages({ db, blobs: target.blobs, now: inTwoDays }, { olderThan: 1 });
      const { pictures } = await readHoldings(restored);
      expect(await listKeys(target.blobs)).toEqual([...pictures.keys()].map((where) => where.slice(1)).sort());
      expect(strays).toBe(before.length - pictures.size);
      expect(strays).toBeGreaterThanOrEqual(3 * renewed.length);
      expect([...pictures.values()]).not.toContain(undefined);
    });
  },
);

describe('PostgreSQL', () => {
  it('is restored by the ordinary user who is to own it, and copied by none whom row-level security binds', async () => {
    const { back, restore } = await readServerBackup();
    await using folder = await createTemporaryFolder();
    const cwd = folder.path;
    const env = { DATA_DIR: `${cwd}/data`, DATABASE_URL: await createOwn(server) };
    const key = await createKey(env);
    await provisionNeighbour(env);
    const gateway = await startCalled(env, key);
    await putPicture(gateway.caller, 'customers', 'one');
    const held = await readHoldings(gateway);
    await gateway.stop();
    await operator.run(back, { cwd, env });

    const own = { ...env, DATABASE_URL: await createOrdinary(otherServer) };
    await operator.run(restore, { cwd, env: own });
    await expectNothingToBring(own);
    await expectKeptApart(own.DATABASE_URL, 'ordinary');
    const restored = await startCalled(own, key);
    expect(await readHoldings(restored)).toEqual(held);
    await putPicture(restored.caller, 'customers', 'one');
    expect((await readHoldings(restored)).customers).toMatchObject([{ reference: 'one', version: 2 }]);
    await restored.stop();
    await expect(operator.run(back, { cwd, env: own })).rejects.toThrow(/row-level security/);
  });

  it('is looked for where it was said to be, and missed with what to do', async () => {
    const advice = /apt-get install postgresql, or set POSTGRESQL_BIN/;
    expect(() => requirePostgresPrograms({ POSTGRESQL_BIN: '/nowhere' })).toThrow(/in POSTGRESQL_BIN, \/nowhere: /);
    expect(() => requirePostgresPrograms({}, ['/nowhere'])).toThrow(advice);
    await expect(requireProgram('no-such-program')).rejects.toThrow('apt-get install no-such-program');
  });
});
