import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keepImages } from '../src/services/kept-images.ts';
import { sweepDaily } from '../src/services/sweep-daily.ts';
import { type SweepOptions, sweepImages } from '../src/services/sweep-images.ts';
import type { BlobStore } from '../src/storage/blob-store.ts';
import { createS3Store } from '../src/storage/s3.ts';
import { bytesOf } from './support/blobs.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { makePicture, toFile } from './support/pictures.ts';
import { type S3Server, s3Keys, startS3Server } from './support/s3-server.ts';

let server: S3Server;
let count = 0;

const fresh = () => `w-${(count += 1)}`;
const days = (number: number) => () => new Date(Date.now() + number * 86_400_000);

beforeAll(async () => {
  server = await startS3Server();
});

afterAll(() => server[Symbol.asyncDispose]());

const clearing = `mutation ($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome } }
}`;

const stores: readonly (readonly [string, () => BlobStore | undefined])[] = [
  ['a local folder', () => undefined],
  ['a bucket', () => createS3Store(server.settings, s3Keys, { presigns: false }).blobs],
];

describe.each(stores)('sweeping %s', (_, makeStore) => {
  let gateway: TestGateway;
  /** Ends the gateway's part of a write as a kill does: files are written, and nobody hears of them. */
  let killAfterFiles = false;

  beforeAll(async () => {
    const blobs = makeStore();
    gateway = await openTestGateway({
      ...(blobs && { blobs }),
      wrapBlobs: (store) => ({
        ...store,
        create: async (key, bytes) => {
          const created = await store.create(key, bytes);
          if (killAfterFiles && key.includes('/medium_')) throw new Error('killed');
          return created;
        },
        delete: (keys) => (killAfterFiles ? Promise.reject(new Error('killed')) : store.delete(keys)),
      }),
    });
  });

  afterAll(() => gateway[Symbol.asyncDispose]());

  afterEach(async () => {
    await gateway.deps.db.deleteFrom('customers').execute();
    await gateway.deps.db.deleteFrom('customer_categories').where('image', 'is not', null).execute();
    await gateway.deps.blobs.delete(await gateway.imageFiles());
  });

  const post = async () =>
    gateway.postCustomer(fresh(), { name: 'x', imageFile: toFile(await makePicture(), 'ring.png') });

  const leaveStrays = async (): Promise<readonly string[]> => {
    const before = new Set(await gateway.imageFiles());
    killAfterFiles = true;
    expect((await post()).status).toBe(500);
    killAfterFiles = false;
    return (await gateway.imageFiles()).filter((file) => !before.has(file));
  };

  const sweep = (options: Partial<SweepOptions> = {}, now = days(2)) =>
    sweepImages({ db: gateway.deps.db, blobs: gateway.deps.blobs, now }, { olderThan: 1, ...options });

  it('removes what a killed write has left, once it is old enough, and nothing that a row names', async () => {
    await post();
    const image = toFile(await makePicture(), 'small_ring.png');
    await gateway.postCategory(fresh(), { name: 'x', parentId: 'root', image });
    const named = await gateway.imageFiles();
    expect(named).toHaveLength(6);
    const strays = await leaveStrays();
    expect(strays).toHaveLength(3);

    expect(await sweep({}, days(0))).toEqual({ seen: 0, foreign: 0, strays: 0 });
    const told: string[] = [];
    const onBatch: SweepOptions['onBatch'] = (__, batch) => told.push(...batch);
    expect(await sweep({ dryRun: true, onBatch })).toEqual({ seen: 9, foreign: 0, strays: 3 });
    expect(told.toSorted()).toEqual(strays);
    expect(await gateway.imageFiles()).toHaveLength(9);
    expect(await sweep({ olderThan: 3 })).toEqual({ seen: 0, foreign: 0, strays: 0 });
    expect(await sweep()).toEqual({ seen: 9, foreign: 0, strays: 3 });
    expect(await gateway.imageFiles()).toEqual(named);
    expect(await sweep()).toEqual({ seen: 6, foreign: 0, strays: 0 });
  });

  it('leaves what rows have named for as long as a backup wants it, and is replaced or cleared meanwhile', async () => {
    const { db } = gateway.deps;
    const reference = fresh();
    const put = async () => {
      const imageFile = toFile(await makePicture());
      expect((await gateway.postCustomer(reference, { name: 'x', imageFile })).status).toBe(201);
      return gateway.imageFiles();
    };
    const clear = async () => {
      const input = { reference, logo: null };
      const { data } = await gateway.graphql(clearing, { input });
      expect(data).toEqual({ upsertCustomer: { outcome: 'UPDATED' } });
      return gateway.imageFiles();
    };
    const first = await put();
    await keepImages(db, 1);
    const both = await put();
    expect(both).toEqual(expect.arrayContaining([...first]));
    expect(both).toHaveLength(6);
    expect(await clear()).toEqual(both);
    expect(await sweep()).toEqual({ seen: 6, foreign: 0, strays: 0 });
    await sql`update image_sweeps set kept_until = now()`.execute(db);
    expect(await sweep()).toEqual({ seen: 6, foreign: 0, strays: 6 });
    expect(await put()).toHaveLength(3);
    expect(await clear()).toEqual([]);
  });

  it('leaves alone what lies in folders of no organization of the database', async () => {
    const key = 'other-1471338230737/photoCustomer/1471338230737_logo.png';
    await gateway.deps.blobs.create(key, bytesOf('picture'));
    expect(await sweep()).toEqual({ seen: 1, foreign: 1, strays: 0 });
    expect(await gateway.imageFiles()).toEqual([key]);
  });

  it('asks in batches, and stops between them when it is told to', async () => {
    const [organization] = await gateway.deps.db.selectFrom('organizations').select('folder').execute();
    const keys = Array.from({ length: 1_001 }, (__, index) => `${organization?.folder}/photoCustomer/${index}_a.png`);
    const deleted: number[] = [];
    const blobs: BlobStore = {
      ...gateway.deps.blobs,
      list: async function* () {
        for (const key of keys) yield await Promise.resolve({ key, modifiedAt: new Date(0) });
      },
      delete: (some) => Promise.resolve(void deleted.push(some.length)),
    };
    const deps = { db: gateway.deps.db, blobs, now: days(0) };
    expect(await sweepImages(deps, { olderThan: 1 })).toEqual({ seen: 1_001, foreign: 0, strays: 1_001 });
    expect(deleted).toEqual([500, 500, 1]);
    const stop = new AbortController();
    await sweepImages(deps, { olderThan: 1, signal: stop.signal, onBatch: () => stop.abort() });
    expect(deleted).toEqual([500, 500, 1, 500]);
  });

  it('beside uploads, replacements and other sweeps takes nothing that a row names', async () => {
    let strays = 0;
    for (let index = 0; index < 2; index += 1) strays += (await leaveStrays()).length;
    let isDone = false;
    const sweeping = async () => {
      while (!isDone) await sweep({}, days(0));
    };
    const uploading = async () => {
      const reference = fresh();
      for (let round = 0; round < 3; round += 1) {
        const image = toFile(await makePicture());
        expect((await gateway.postCustomer(reference, { name: 'x', imageFile: image })).status).toBe(201);
      }
    };
    const sweeps = [sweeping(), sweeping()];
    await Promise.all(Array.from({ length: 4 }, uploading));
    isDone = true;
    await Promise.all(sweeps);
    expect((await sweep()).strays).toBe(strays);
    const rows = await gateway.deps.db.selectFrom('customers').select('logo').execute();
    for (const { logo } of rows) expect((await gateway.fetch(`/${logo?.path}`)).status).toBe(200);
    expect(await gateway.imageFiles()).toHaveLength(3 * rows.length);
  });
});

describe('the daily sweep', () => {
  it('is done by one process, once a day, and tells of its failures', async () => {
    await using gateway = await openTestGateway();
    const { db, blobs } = gateway.deps;
    const [organization] = await db.selectFrom('organizations').select('folder').execute();
    const key = `${organization?.folder}/photoCustomer/1_stray.png`;
    const failures: unknown[] = [];
    const deps = { db, blobs, now: days(2), report: (failure: unknown) => failures.push(failure) };
    await blobs.create(key, bytesOf('stray'));
    let lists = 0;
    const counting = { ...deps, blobs: { ...blobs, list: () => ((lists += 1), blobs.list()) } };
    await Promise.all([sweepDaily(counting), sweepDaily(counting), sweepDaily(counting)]);
    expect([lists, await gateway.imageFiles(), failures]).toEqual([1, [], []]);
    await blobs.create(key, bytesOf('stray'));
    await sweepDaily(deps);
    expect(await gateway.imageFiles()).toEqual([key]);
    const wait = () => sql`update image_sweeps set begun_at = begun_at - interval '1 day'`.execute(db);
    await wait();
    const broken = new Error('The store is away.');
    await sweepDaily({ ...deps, blobs: { ...blobs, delete: () => Promise.reject(broken) } });
    expect(failures).toEqual([broken]);
    await wait();
    await sweepDaily(deps);
    expect(await gateway.imageFiles()).toEqual([]);
  });
});
