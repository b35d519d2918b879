import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isSafeKey, type BlobStore } from '../src/storage/blob-store.ts';
import { createDiskStore } from '../src/storage/disk.ts';
import { createS3Store } from '../src/storage/s3.ts';
import { bytesOf, key, listKeys, patternOf, readBytes } from './support/blobs.ts';
import { type S3Server, emptyBucket, s3Keys, startS3Server } from './support/s3-server.ts';
import { tries } from './support/tries.ts';

/** A place for files that a test has for itself. */
type Place = AsyncDisposable & {
  /** A store over the place, as every process opens its own. */
  readonly open: () => BlobStore;
  /** How many files or connections are open. */
  readonly countOpen: () => Promise<number>;
  /** Whether nobody has tried to write there. */
  readonly isUntouched: () => Promise<boolean>;
};

let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
});

afterAll(() => server[Symbol.asyncDispose]());

async function makeFolder(): Promise<Place> {
  const outside = await mkdtemp(join(tmpdir(), 'blob-stores-'));
  const directory = join(outside, 'images');
  return {
    open: () => createDiskStore(directory),
    countOpen: async () => (process.platform === 'linux' ? (await readdir('/proc/self/fd')).length : 0),
    isUntouched: async () => !(await readdir(outside)).includes('images'),
    [Symbol.asyncDispose]: () => rm(outside, { recursive: true, force: true }),
  };
}

function makeBucket(conditionalWrites: S3Server['conditionalWrites'], prefix = '') {
  return async (): Promise<Place> => {
    server.conditionalWrites = conditionalWrites;
    const settings = { ...server.settings, prefix };
    const first = createS3Store(settings, s3Keys, { presigns: false });
    await first.check();
    server.calls.length = 0;
    const stores = [first];
    const open = () => {
      const store = createS3Store(settings, s3Keys, { presigns: false });
      stores.push(store);
      return store.blobs;
    };
    return {
      open: () => (stores.length === 1 && stores.push(first) ? first.blobs : open()),
      countOpen: server.openConnections,
      isUntouched: () => Promise.resolve(server.calls.length === 0),
      [Symbol.asyncDispose]: async () => {
        for (const store of stores) store[Symbol.dispose]();
        await emptyBucket(server);
      },
    };
  };
}

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['a local folder', makeFolder],
  ['a bucket', makeBucket('obeyed')],
  ['a bucket of a store that overwrites', makeBucket('ignored', 'gateway/images/')],
];

describe.each(places)('%s', (_, make) => {
  let place: Place;
  let store: BlobStore;

  beforeEach(async () => {
    place = await make();
    store = place.open();
  });

  afterEach(() => place[Symbol.asyncDispose]());

  const readText = async (wanted: string): Promise<string | undefined> => (await readBytes(store, wanted))?.toString();

  describe('keeping files', () => {
    test('creates a file, reads it and deletes it', async () => {
      expect(await store.read(key)).toBeUndefined();
      expect(await store.create(key, bytesOf('picture'))).toBe(true);
      expect(await readText(key)).toBe('picture');
      await store.delete([key]);
      expect(await store.read(key)).toBeUndefined();
    });

    test('finds what another process stored in the same place', async () => {
      await store.create(key, bytesOf('picture'));
      expect((await readBytes(place.open(), key))?.toString()).toBe('picture');
    });

    test('changes nothing when the key exists', async () => {
      await store.create(key, bytesOf('first'));
      expect(await store.create(key, bytesOf('second, and longer'))).toBe(false);
      expect(await readText(key)).toBe('first');
    });

    test('lets exactly one of many writers of one key win', async () => {
      const contents = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
      const won = await Promise.all(contents.map((content) => store.create(key, bytesOf(content))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await readText(key)).toBe(contents[won.indexOf(true)]);
    });

    test('ruling 41: never shows a part of a file', async () => {
      const bytes = patternOf(8_000_000);
      const created = store.create(key, bytes);
      const sizes = new Set<number | undefined>();
      for (let done = false; !done;) {
        sizes.add((await store.read(key))?.size);
        done = await Promise.race([created, new Promise<false>((resolve) => setImmediate(resolve, false))]);
      }
      sizes.add((await store.read(key))?.size);
      expect([...sizes]).toEqual([undefined, bytes.length]);
    });

    test('deletes what is there and does not mind what is not', async () => {
      await store.delete([key]);
      await store.create(key, bytesOf('picture'));
      const second = key.replace('logo', 'other');
      await store.create(second, bytesOf('other'));
      await store.delete(['1/photoCustomer/nothing.png', second, '../../etc/passwd', `${key}/below`]);
      expect(await listKeys(store)).toEqual([key]);
    });

    test('lists every file with its time', async () => {
      expect(await listKeys(store)).toEqual([]);
      const before = Date.now();
      const keys = [key, '7-1471338230737/photoCustomer/small_a.png', '8-1/photoCustomerCategory/b.gif'];
      for (const each of keys) await store.create(each, bytesOf('picture'));
      expect(await listKeys(store)).toEqual(keys.toSorted());
      for await (const { modifiedAt } of store.list()) {
        expect(Math.abs(modifiedAt.getTime() - before)).toBeLessThan(60_000);
      }
    });
  });

  describe('reading', () => {
    test.each([0, 1, 262_143, 262_144, 262_145, 1_048_576, 1_048_577, 3_000_000])(
      'streams %i bytes',
      async (length) => {
        await store.create(key, patternOf(length));
        expect((await readBytes(store, key))?.equals(patternOf(length))).toBe(true);
      },
    );

    test('leaves nothing open behind a reader who goes away', async () => {
      await store.create(key, patternOf(3_000_000));
      const before = await place.countOpen();
      for (let reader = 0; reader < 30; reader += 1) {
        const unread = await store.read(key);
        expect(unread?.size).toBe(3_000_000);
        const halfRead = (await store.read(key))?.body.getReader();
        await halfRead?.read();
        if (reader % 2 === 0) await halfRead?.cancel();
      }
      expect(await place.countOpen()).toBeLessThanOrEqual(before + 2);
    });

    test('fails, rather than ends early, when the file goes away in the middle', async () => {
      await store.create(key, patternOf(3_000_000));
      const blob = await store.read(key);
      await store.delete([key]);
      await expect(new Response(blob?.body).arrayBuffer()).rejects.toThrow(/ENOENT|NoSuchKey|does not exist/);
    });
  });

  describe('unsafe keys', () => {
    const unsafe = [
      '',
      'a',
      'a/b',
      'a/b/c/d',
      '/a/b',
      'a//b',
      'a/b/',
      '../b/c',
      'a/../c',
      'a/b/..',
      'a/./c',
      './b/c',
      'a/b/.hidden',
      '.incoming/b/c',
      'a\\b\\c',
      'a/b/c\\..\\d',
      'a/b/c\0.png',
      'a/b/c\n',
      'a/b/c d',
      'a/b/%2e%2e',
      'a/b/é.png',
      'C:/b/c',
      `a/b/${'x'.repeat(297)}`,
    ];

    test('are known: nothing is read, deleted or created there', async () => {
      for (const candidate of unsafe) {
        expect([candidate, isSafeKey(candidate)]).toEqual([candidate, false]);
        expect(await store.read(candidate)).toBeUndefined();
        await store.delete([candidate]);
        await expect(store.create(candidate, bytesOf('x'))).rejects.toThrow(TypeError);
      }
      expect(await place.isUntouched()).toBe(true);
    });

    test('finds nothing, and throws nothing, for whatever it is asked', async () => {
      const pieces = fc.constantFrom(
        '..',
        '.',
        '/',
        '\\',
        '\0',
        'a',
        'photoCustomer',
        '%2f',
        ' ',
        ':',
        'x'.repeat(250),
      );
      const keys = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.array(pieces, { maxLength: 9 }).map((parts) => parts.join('')),
        fc.array(pieces, { minLength: 3, maxLength: 3 }).map((parts) => parts.join('/')),
      );
      await store.create(key, bytesOf('picture'));
      await fc.assert(
        fc.asyncProperty(keys, async (candidate) => {
          expect(await store.read(candidate)).toBeUndefined();
          await store.delete([candidate]);
        }),
        tries(1_000),
      );
      expect(await listKeys(store)).toEqual([key]);
    });
  });
});

test.each([key, 'a/b/c', 'A-1/b_2/c..d', 'a./b-/_', `a/b/${'x'.repeat(296)}`])(
  'a key such as %j is safe',
  (candidate) => {
    expect(isSafeKey(candidate)).toBe(true);
  },
);
