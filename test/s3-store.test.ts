import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StorageError, StoreUnusableError } from '../src/storage/errors.ts';
import { type S3Store, type S3StoreOptions, createS3Store } from '../src/storage/s3.ts';
import type { S3Keys, S3Settings } from '../src/storage/s3-client.ts';
import { bytesOf, key, listKeys, patternOf, readBytes } from './support/blobs.ts';
import { findFreePort } from './support/free-port.ts';
import { type S3Fault, type S3Server, emptyBucket, s3Keys, startS3Server } from './support/s3-server.ts';

let server: S3Server;
let open: S3Store[] = [];

beforeAll(async () => {
  server = await startS3Server();
});

afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  for (const store of open) store[Symbol.dispose]();
  open = [];
  await emptyBucket(server);
});

function openStore(
  settings: Partial<S3Settings> = {},
  patience: NonNullable<S3StoreOptions['patience']> = {},
  keys: S3Keys = s3Keys,
): S3Store {
  const store = createS3Store({ ...server.settings, ...settings }, keys, {
    presigns: true,
    patience: { pause: 5, ...patience },
  });
  open.push(store);
  return store;
}

/** Fails the first so many writes. */
function failWrites(count: number, fault: S3Fault): void {
  let left = count;
  server.fault = ({ method }) => (method === 'PUT' && left-- > 0 ? fault : undefined);
}

const countWrites = () => server.calls.filter(({ method }) => method === 'PUT').length;

describe('a file in a bucket', () => {
  test('has its type, and may be kept for a year', async () => {
    const { blobs } = openStore();
    await blobs.create(key, bytesOf('picture'));
    const { url, seconds } = (await blobs.presign?.(key, 'GET')) ?? {};
    expect(seconds).toBe(300);
    const response = await fetch(String(url));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('picture');
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('has an address for HEAD, and none when it is not there', async () => {
    const { blobs } = openStore();
    expect(await blobs.presign?.(key, 'GET')).toBeUndefined();
    expect(await blobs.presign?.('../b/c', 'GET')).toBeUndefined();
    await blobs.create(key, bytesOf('picture'));
    const { url } = (await blobs.presign?.(key, 'HEAD')) ?? {};
    expect((await fetch(String(url), { method: 'HEAD' })).headers.get('content-length')).toBe('7');
  });

  test('is listed with all others, page by page, and without what lies beside the prefix', async () => {
    const { blobs } = openStore({ prefix: 'a/' });
    server.pageSize = 3;
    const keys = Array.from({ length: 10 }, (_, index) => `1-1/photoCustomer/${index}.png`);
    for (const each of keys) await blobs.create(each, bytesOf(each));
    await openStore({ prefix: 'b/' }).blobs.create(key, bytesOf('beside'));
    expect(await listKeys(blobs)).toEqual(keys);
    expect(server.calls.filter(({ path }) => path.includes('list-type')).length).toBe(4);
  });
});

describe('an upload', () => {
  test.each<[number, S3Fault]>([
    [5, { status: 500, code: 'InternalError' }],
    [5, 'hang up'],
    [5, { status: 503, code: 'SlowDown' }],
  ])('is repeated until it is done (%i times %j)', async (times, fault) => {
    failWrites(times, fault);
    const { blobs } = openStore();
    const bytes = patternOf(500_000);
    expect(await blobs.create(key, bytes)).toBe(true);
    expect(countWrites()).toBe(times + 1);
    expect((await readBytes(blobs, key))?.equals(bytes)).toBe(true);
  });

  test('is repeated when it takes too long', async () => {
    failWrites(2, 'hang');
    expect(await openStore({}, { answer: 100 }).blobs.create(key, bytesOf('picture'))).toBe(true);
    expect(countWrites()).toBeGreaterThanOrEqual(3);
  });

  test('knows its own file when only the answer was lost, and the file of others', async () => {
    const { blobs } = openStore();
    failWrites(1, 'lose the answer');
    expect(await blobs.create(key, bytesOf('mine'))).toBe(true);
    failWrites(1, 'lose the answer');
    expect(await blobs.create(key, bytesOf('another'))).toBe(false);
    expect((await readBytes(blobs, key))?.toString()).toBe('mine');
  });

  test('counts a key as taken that another is writing this moment', async () => {
    failWrites(1, { status: 409, code: 'ConditionalRequestConflict' });
    expect(await openStore().blobs.create(key, bytesOf('picture'))).toBe(false);
  });

  test('fails at once when it is refused', async () => {
    server.fault = () => ({ status: 403, code: 'AccessDenied' });
    const creating = openStore().blobs.create(key, bytesOf('picture'));
    await expect(creating).rejects.toThrow(StorageError);
    await expect(creating).rejects.toThrow('The image store failed: AccessDenied!');
    expect(countWrites()).toBe(1);
  });

  test.each<S3Fault>(['hang', 'hang up', { status: 503, code: 'SlowDown' }])(
    'fails by its deadline when nothing helps (%j)',
    async (fault) => {
      server.fault = () => fault;
      const { blobs } = openStore({}, { deadline: 400, answer: 10_000, attempts: 100 });
      const begun = performance.now();
      await expect(blobs.create(key, bytesOf('picture'))).rejects.toThrow('it did not answer within 0.4 s');
      await expect(blobs.read(key)).rejects.toThrow(StorageError);
      await expect(listKeys(blobs)).rejects.toThrow(StorageError);
      await expect(blobs.delete([key])).rejects.toThrow(StorageError);
      // Without a deadline it would be 100 attempts of 10 s each.
      expect(performance.now() - begun).toBeLessThan(60_000);
    },
  );

  test('leaves nothing behind when it is cut off in the middle, time and again', async () => {
    const sockets = new Set<Socket>();
    const proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
      }
      let passed = 0;
      client.on('data', (chunk: Buffer) => {
        passed += chunk.length;
        upstream.write(chunk);
        if (passed > 200_000) for (const socket of [client, upstream]) socket.destroy();
      });
      upstream.pipe(client);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { blobs } = openStore({ endpoint }, { attempts: 3 });
    await expect(blobs.create(key, patternOf(2_000_000))).rejects.toThrow(StorageError);
    expect(await blobs.create(key.replace('logo', 'small'), bytesOf('goes through'))).toBe(true);
    expect(await listKeys(openStore().blobs)).toEqual([key.replace('logo', 'small')]);
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
});

describe('the check at start', () => {
  const messageOf = async (store: S3Store): Promise<string> => {
    try {
      await store.check();
    } catch (error) {
      if (error instanceof StoreUnusableError) return error.message;
      throw error;
    }
    throw new Error('The store is usable.');
  };

  test('passes a bucket that can be listed, written and deleted in, and leaves nothing there', async () => {
    expect(await openStore().check()).toBeUndefined();
    expect((await openStore({ prefix: 'a/b/' }).check()) ?? 'no warning').toBe('no warning');
    const { calls } = server;
    expect(calls.filter(({ method }) => method === 'DELETE').length).toBe(2);
    server.fault = () => undefined;
    expect(await listKeys(openStore().blobs)).toEqual([]);
  });

  test.each(['ignored', 'refused'] as const)('warns of a store that overwrites (%s)', async (conditionalWrites) => {
    server.conditionalWrites = conditionalWrites;
    const store = openStore();
    expect(await store.check()).toMatch(/overwrites files .* run no second one on this bucket and S3_PREFIX\.$/);
    expect(await store.blobs.create(key, bytesOf('first'))).toBe(true);
    expect(await store.blobs.create(key, bytesOf('second'))).toBe(false);
    expect((await readBytes(store.blobs, key))?.toString()).toBe('first');
  });

  test('says which variable is wrong', async () => {
    const { endpoint } = server;
    expect(await messageOf(openStore({ bucket: 'other' }))).toBe(
      `There is no bucket "other" at ${endpoint}: create it, or set S3_BUCKET to one that is there.`,
    );
    expect(await messageOf(openStore({}, {}, { ...s3Keys, accessKeyId: 'stranger' }))).toBe(
      `${endpoint} does not know the key of S3_ACCESS_KEY_ID.`,
    );
    expect(await messageOf(openStore({}, {}, { ...s3Keys, secretAccessKey: 'wrong' }))).toMatch(
      /does not accept the signature: S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID, or S3_REGION \(us-east-1\)/,
    );
    const nobody = `http://127.0.0.1:${await findFreePort()}`;
    expect(await messageOf(openStore({ endpoint: nobody }, { attempts: 2 }))).toMatch(
      /^The image store at http:\S+ cannot be reached: .*ECONNREFUSED.* Set S3_ENDPOINT to its address\.$/,
    );
  });

  test.each([
    [403, 'AccessDenied', /refuses the key of S3_ACCESS_KEY_ID .*: allow it s3:ListBucket .* s3:DeleteObject/],
    [301, 'PermanentRedirect', /is not in the region us-east-1 .*: set S3_REGION/],
    [400, 'AuthorizationHeaderMalformed', /is not in the region us-east-1 .*: set S3_REGION/],
    [403, 'RequestTimeTooSkewed', /The clock of this machine/],
    [400, 'Whatever', /cannot be used: Whatever: Whatever!$/],
  ])('tells what to do about %i %s', async (status, code, message) => {
    server.fault = ({ method }) => (method === 'GET' ? { status, code } : undefined);
    expect(await messageOf(openStore({}, { attempts: 2 }))).toMatch(message);
  });

  test.each(['PUT', 'DELETE'])('finds that %s is not allowed', async (forbidden) => {
    server.fault = ({ method }) => (method === forbidden ? { status: 403, code: 'AccessDenied' } : undefined);
    expect(await messageOf(openStore())).toMatch(/s3:GetObject, s3:PutObject and s3:DeleteObject on its objects/);
  });
});
