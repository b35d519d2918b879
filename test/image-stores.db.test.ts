import { mkdir, rm, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../src/storage/errors.ts';
import { type S3Store, type S3StoreOptions, createS3Store } from '../src/storage/s3.ts';
import { type GatewayOptions, type TestGateway, openTestGateway } from './support/gateway.ts';
import { makePicture, toFile } from './support/pictures.ts';
import { type S3Fault, type S3Server, emptyBucket, s3Keys, startS3Server } from './support/s3-server.ts';
import { categoryMutation, readTables, upsertCustomer } from './support/upserts.ts';

const unavailable = 'The images cannot be reached or stored at the moment.';

let server: S3Server;
let count = 0;

const fresh = () => `s-${(count += 1)}`;
const prefixed = (address: string, prefix: string) => address.replace(/[^/]+$/, (file) => prefix + file);

beforeAll(async () => {
  server = await startS3Server();
});

afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => emptyBucket(server));

type Patience = NonNullable<S3StoreOptions['patience']>;

/** Waits for answers as long as a slow machine may need, and hardly between attempts. */
function openStore(presigns: boolean, patience: Patience = { deadline: 60_000, answer: 30_000, pause: 2 }): S3Store {
  return createS3Store(server.settings, s3Keys, { presigns, patience });
}

/** Fetches an image as a browser does: from the gateway, or where that sends it. */
async function download(gateway: TestGateway, address: string): Promise<Response> {
  const response = await gateway.fetch(address);
  const location = response.headers.get('location');
  return location === null ? response : await fetch(location);
}

describe.each(['proxy', 'presign'])('images in a bucket, read by %s', (reading) => {
  let store: S3Store;
  let gateway: TestGateway;

  beforeAll(async () => {
    store = openStore(reading === 'presign');
    gateway = await openTestGateway({ blobs: store.blobs });
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  });

  const post = (reference: string, image: File) => gateway.postCustomer(reference, { name: 'x', imageFile: image });

  it('rulings 37, 39: are served in three sizes at addresses of the gateway, whichever door they came by', async () => {
    const picture = toFile(await makePicture({ width: 1000, height: 500 }), 'ring.png');
    const { body } = await post(fresh(), picture);
    const { record } = await upsertCustomer(gateway, { reference: fresh(), name: 'x' }, picture);
    for (const address of [String(body['logo']), (record?.['logo'] as { original: string }).original]) {
      expect(address).toMatch(/^http:\/\/gateway\.test\/entity1-\d{13}\/photoCustomer\/\d{13}_ring\.png$/);
      for (const [prefix, width] of [
        ['', 1000],
        ['medium_', 480],
        ['small_', 120],
      ] as const) {
        const response = await download(gateway, prefixed(address, prefix));
        expect(response.headers.get('content-type')).toBe('image/png');
        expect(await sharp(await response.arrayBuffer()).metadata()).toMatchObject({ width });
      }
    }
  });

  it('ruling 18: are unchanged when sent again, replaced by another, and gone when cleared', async () => {
    const [reference, first, second] = [fresh(), toFile(await makePicture()), toFile(await makePicture())];
    const created = await post(reference, first);
    expect((await post(reference, first)).headers.get('x-upsert-outcome')).toBe('unchanged');
    const files = await gateway.imageFiles();
    const replaced = await post(reference, second);
    expect(replaced.headers.get('x-upsert-outcome')).toBe('updated');
    expect((await gateway.imageFiles()).length).toBe(files.length);
    expect((await gateway.fetch(String(created.body['logo']))).status).toBe(404);
    expect((await download(gateway, String(replaced.body['logo']))).status).toBe(200);
    expect(await upsertCustomer(gateway, { reference, logo: null })).toMatchObject({ outcome: 'UPDATED' });
    expect((await gateway.imageFiles()).length).toBe(files.length - 3);
  });

  it('ruling 41: leave nothing where something else is wrong', async () => {
    const before = [await readTables(gateway), await gateway.imageFiles()];
    const image = toFile(await makePicture());
    const { body } = await gateway.postCustomer(fresh(), { name: 'x', currency: 'JPY', imageFile: image });
    expect(body['error']).toBe('not_found');
    expect([await readTables(gateway), await gateway.imageFiles()]).toEqual(before);
  });

  it('are answered 503 while the store is away, and are there again with it', async () => {
    const { body } = await post(fresh(), toFile(await makePicture()));
    server.fault = () => ({ status: 403, code: 'AccessDenied' });
    const response = await gateway.fetch(String(body['logo']));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.text()).toBe(`${unavailable}\n`);
    server.fault = () => undefined;
    expect((await download(gateway, String(body['logo']))).status).toBe(200);
  });

  if (reading === 'presign')
    it('are not sent through the gateway, and the way to them is kept for less than it is good', async () => {
      const { body } = await post(fresh(), toFile(await makePicture()));
      const response = await gateway.fetch(String(body['logo']));
      expect([response.status, await response.text()]).toEqual([302, '']);
      expect(response.headers.get('cache-control')).toBe('private, max-age=240');
      expect(response.headers.get('location')).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/images\/entity1-.*X-Amz-Expires=300&/,
      );
      const head = await gateway.fetch(String(body['logo']), { method: 'HEAD' });
      const followed = await fetch(head.headers.get('location') ?? '', { method: 'HEAD' });
      expect(followed.headers.get('content-type')).toBe('image/png');
    });
});

/** Sends one picture to both doors, and expects the documented refusal and nothing else. */
async function expectUnavailable(gateway: TestGateway, failures: readonly unknown[]): Promise<void> {
  const before = await readTables(gateway);
  const [reference, image] = [fresh(), toFile(await makePicture())];
  const form = await gateway.postCustomer(reference, { name: 'x', imageFile: image });
  expect([form.status, form.headers.get('retry-after')]).toEqual([503, '1']);
  expect(form.body).toEqual({ error: 'service_unavailable', error_description: unavailable });
  const input = { reference, name: 'x', parent: { reference: 'root' }, image: null };
  const graph = await gateway.graphql(categoryMutation, { input }, { 'variables.input.image': image });
  expect(graph).toMatchObject({
    status: 503,
    errors: [{ message: unavailable, extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  });
  expect(await readTables(gateway)).toBe(before);
  expect(failures).toHaveLength(2);
  for (const failure of failures) expect(failure).toBeInstanceOf(StorageError);
}

describe('a bucket that fails', () => {
  const failures: unknown[] = [];
  let store: S3Store;
  let gateway: TestGateway;

  beforeAll(async () => {
    store = openStore(false);
    gateway = await openTestGateway({ blobs: store.blobs, report: (failure) => failures.push(failure) });
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  });

  beforeEach(() => failures.splice(0));

  it.each<[string, S3Fault]>([
    ['refuses', { status: 403, code: 'AccessDenied' }],
    ['hangs up each time', 'hang up'],
    ['fails each time', { status: 500, code: 'InternalError' }],
  ])('ruling 41: and %s is answered 503 at both doors; no row changes and no file stays', async (_, fault) => {
    server.fault = ({ method }) => (method === 'PUT' ? fault : undefined);
    await expectUnavailable(gateway, failures);
    expect(await gateway.imageFiles()).toEqual([]);
  });

  it('ruling 41: and never answers is answered 503 at both doors; no row changes and no file stays', async () => {
    using impatient = openStore(false, { deadline: 60_000, answer: 1_000, attempts: 2 });
    await using waiting = await openTestGateway({
      blobs: { ...store.blobs, create: (key, bytes) => impatient.blobs.create(key, bytes) },
      report: (failure) => failures.push(failure),
    });
    server.fault = ({ method }) => (method === 'PUT' ? 'hang' : undefined);
    await expectUnavailable(waiting, failures);
    expect(await waiting.imageFiles()).toEqual([]);
  });

  it.each(['medium_', 'small_'])('ruling 41: in the middle keeps none of the files (%s)', async (prefix) => {
    const denied = { status: 403, code: 'AccessDenied' };
    server.fault = ({ method, path }) => (method === 'PUT' && path.includes(`/${prefix}`) ? denied : undefined);
    await expectUnavailable(gateway, failures);
    expect(await gateway.imageFiles()).toEqual([]);
  });

  it('for a while is not noticed by the client', async () => {
    let left = 5;
    server.fault = ({ method }) =>
      method === 'PUT' && left-- > 0 ? { status: 500, code: 'InternalError' } : undefined;
    const image = toFile(await makePicture());
    const { status } = await gateway.postCustomer(fresh(), { name: 'x', imageFile: image });
    expect([status, failures, (await gateway.imageFiles()).length]).toEqual([201, [], 3]);
  });
});

describe('a disk that fails', () => {
  const noSpace = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  const open = async (failures: unknown[], options: GatewayOptions = {}) =>
    await openTestGateway({ ...options, report: (failure) => failures.push(failure) });

  it('ruling 41: when it is full at any of the files is answered 503, with nothing left', async () => {
    const failures: unknown[] = [];
    let left = 0;
    await using gateway = await open(failures, {
      wrapBlobs: (store) => ({
        ...store,
        create: async (key, bytes) => {
          if (left-- === 0) throw new StorageError(noSpace);
          return store.create(key, bytes);
        },
      }),
    });
    for (const room of [0, 1, 2]) {
      left = room;
      const image = toFile(await makePicture());
      const { status, body } = await gateway.postCustomer(fresh(), { name: 'x', imageFile: image });
      expect([status, body['error_description']]).toEqual([503, unavailable]);
      expect(await gateway.imageFiles()).toEqual([]);
    }
    expect(failures).toHaveLength(3);
    expect(failures[0]).toMatchObject({ message: expect.stringMatching(/ENOSPC/) as string });
    expect(await gateway.database.db.selectFrom('customers').select('id').execute()).toEqual([]);
  });

  it('ruling 41: by being no folder at all is answered 503, and works again when it is one', async () => {
    const failures: unknown[] = [];
    await using gateway = await open(failures);
    const { imageFolder } = gateway;
    await rm(imageFolder, { recursive: true });
    await writeFile(imageFolder, '');
    await expectUnavailable(gateway, failures);
    await rm(imageFolder);
    await mkdir(imageFolder);
    const image = toFile(await makePicture());
    expect((await gateway.postCustomer(fresh(), { name: 'x', imageFile: image })).status).toBe(201);
  });
});
