import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSafeKey, type BlobStore } from '../src/storage/blob-store.ts';
import { createDiskStore } from '../src/storage/disk.ts';
import { tries } from './support/tries.ts';

const key = '7-1471338230737/photoCustomer/1471338230737_logo.png';

let outside: string;
let directory: string;
let store: BlobStore;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'disk-store-'));
  directory = join(outside, 'data', 'images');
  store = createDiskStore(directory);
});

afterEach(async () => {
  await rm(outside, { recursive: true, force: true });
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const pattern = (length: number): Uint8Array => new Uint8Array(length).map((_, index) => (index * 31) ^ (index >> 8));

const readBytes = async (from: BlobStore, wanted: string): Promise<Buffer | undefined> => {
  const blob = await from.read(wanted);
  if (!blob) return undefined;
  const bytes = Buffer.from(await new Response(blob.body).arrayBuffer());
  expect(bytes.length).toBe(blob.size);
  return bytes;
};

const readText = async (wanted: string): Promise<string | undefined> => (await readBytes(store, wanted))?.toString();

const listKeys = async (): Promise<string[]> => {
  const keys: string[] = [];
  for await (const entry of store.list()) keys.push(entry.key);
  return keys.sort();
};

const incoming = async (): Promise<string[]> => await readdir(join(directory, '.incoming'));

describe('keeping files', () => {
  test('creates a file, reads it and deletes it', async () => {
    expect(await store.read(key)).toBeUndefined();
    expect(await store.create(key, bytesOf('picture'))).toBe(true);
    expect(await readText(key)).toBe('picture');
    await store.delete([key]);
    expect(await store.read(key)).toBeUndefined();
  });

  test('finds what another process stored in the same folder', async () => {
    await store.create(key, bytesOf('picture'));
    expect((await readBytes(createDiskStore(directory), key))?.toString()).toBe('picture');
  });

  test('changes nothing when the key exists', async () => {
    await store.create(key, bytesOf('first'));
    expect(await store.create(key, bytesOf('second, and longer'))).toBe(false);
    expect(await readText(key)).toBe('first');
    expect(await incoming()).toEqual([]);
  });

  test('lets exactly one of many writers of one key win', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const won = await Promise.all(contents.map((content) => store.create(key, bytesOf(content))));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await readText(key)).toBe(contents[won.indexOf(true)]);
    expect(await incoming()).toEqual([]);
  });

  test('ruling 41: never shows a part of a file', async () => {
    const bytes = pattern(8_000_000);
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
    expect(await listKeys()).toEqual([key]);
  });

  test('lists every file with its time', async () => {
    expect(await listKeys()).toEqual([]);
    const before = Date.now();
    const keys = [key, '7-1471338230737/photoCustomer/small_a.png', '8-1/photoCustomerCategory/b.gif'];
    for (const each of keys) await store.create(each, bytesOf('picture'));
    await writeFile(join(directory, 'stray.txt'), '');
    await writeFile(join(directory, '7-1471338230737', 'photoCustomer', '.hidden'), '');
    await mkdir(join(directory, '7-1471338230737', 'photoCustomer', 'folder.png'));
    expect(await listKeys()).toEqual(keys.toSorted());
    for await (const { modifiedAt } of store.list()) {
      expect(Math.abs(modifiedAt.getTime() - before)).toBeLessThan(60_000);
    }
  });
});

describe('reading', () => {
  test.each([0, 1, 262_143, 262_144, 262_145, 3_000_000])('streams %i bytes', async (length) => {
    await store.create(key, pattern(length));
    expect((await readBytes(store, key))?.equals(pattern(length))).toBe(true);
  });

  if (process.platform === 'linux')
    test('leaves nothing open behind a reader who goes away', async () => {
      await store.create(key, pattern(1_000_000));
      const openFiles = async () => (await readdir('/proc/self/fd')).length;
      const before = await openFiles();
      for (let reader = 0; reader < 30; reader += 1) {
        const unread = await store.read(key);
        expect(unread?.size).toBe(1_000_000);
        const halfRead = (await store.read(key))?.body.getReader();
        await halfRead?.read();
        if (reader % 2 === 0) await halfRead?.cancel();
      }
      expect(await openFiles()).toBeLessThanOrEqual(before + 2);
    });

  test('fails, rather than ends early, when the file goes away in the middle', async () => {
    await store.create(key, pattern(1_000_000));
    const blob = await store.read(key);
    await store.delete([key]);
    await expect(new Response(blob?.body).arrayBuffer()).rejects.toThrow(/ENOENT/);
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

  test.each(unsafe)('knows %j for unsafe: nothing is read, deleted or created there', async (candidate) => {
    expect(isSafeKey(candidate)).toBe(false);
    expect(await store.read(candidate)).toBeUndefined();
    await store.delete([candidate]);
    await expect(store.create(candidate, bytesOf('x'))).rejects.toThrow(TypeError);
    await expect(readdir(directory)).rejects.toThrow(/ENOENT/);
  });

  test.each([key, 'a/b/c', 'A-1/b_2/c..d', 'a./b-/_', `a/b/${'x'.repeat(296)}`])('knows %j for safe', (candidate) => {
    expect(isSafeKey(candidate)).toBe(true);
  });

  test('finds nothing, and throws nothing, for whatever it is asked', async () => {
    const pieces = fc.constantFrom('..', '.', '/', '\\', '\0', 'a', 'photoCustomer', '%2f', ' ', ':', 'x'.repeat(250));
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
      tries(2_000),
    );
    expect(await listKeys()).toEqual([key]);
  });
});

describe('links that lead elsewhere', () => {
  const secret = () => join(outside, 'secret');

  beforeEach(async () => {
    await store.create(key, bytesOf('picture'));
    await mkdir(join(secret(), 'photoCustomer'), { recursive: true });
    await writeFile(join(secret(), 'photoCustomer', 'file.png'), 'secret');
  });

  const expectUntouched = async (linked: string): Promise<void> => {
    expect(await store.read(linked)).toBeUndefined();
    await store.delete([linked]);
    expect(await listKeys()).toEqual([key]);
    expect(await readFile(join(secret(), 'photoCustomer', 'file.png'), 'utf8')).toBe('secret');
  };

  test('are not followed from an organization', async () => {
    await symlink(secret(), join(directory, 'linked'));
    await expectUntouched('linked/photoCustomer/file.png');
    await expect(store.create('linked/photoCustomer/new.png', bytesOf('x'))).rejects.toThrow(/not a folder/);
    await expect(store.create('linked/other/new.png', bytesOf('x'))).rejects.toThrow(/not a folder/);
    expect(await readdir(secret())).toEqual(['photoCustomer']);
    expect(await readdir(join(secret(), 'photoCustomer'))).toEqual(['file.png']);
  });

  test('are not followed from a kind', async () => {
    await mkdir(join(directory, '9-1'));
    await symlink(join(secret(), 'photoCustomer'), join(directory, '9-1', 'photoCustomer'));
    await expectUntouched('9-1/photoCustomer/file.png');
    await expect(store.create('9-1/photoCustomer/new.png', bytesOf('x'))).rejects.toThrow(/not a folder/);
    expect(await readdir(join(secret(), 'photoCustomer'))).toEqual(['file.png']);
  });

  test('are not followed from a file, nor written through', async () => {
    const linked = key.replace('logo', 'linked');
    await symlink(join(secret(), 'photoCustomer', 'file.png'), join(directory, linked));
    await expectUntouched(linked);
    expect(await store.create(linked, bytesOf('x'))).toBe(false);
    expect(await readFile(join(secret(), 'photoCustomer', 'file.png'), 'utf8')).toBe('secret');
  });

  test('may lead to the whole store', async () => {
    await symlink(directory, join(outside, 'moved'));
    const moved = createDiskStore(join(outside, 'moved'));
    expect((await readBytes(moved, key))?.toString()).toBe('picture');
    expect(await moved.create(key.replace('logo', 'new'), bytesOf('new'))).toBe(true);
  });
});

describe('what goes wrong', () => {
  test('leaves no temporary file behind', async () => {
    const tooLong = `a/b/${'x'.repeat(290)}`;
    await expect(store.create(tooLong, bytesOf('x'))).rejects.toThrow(/ENAMETOOLONG/);
    expect(await incoming()).toEqual([]);
    expect(await store.read(tooLong)).toBeUndefined();
  });

  test('is told when a file stands where a folder should', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'a'), '');
    await expect(store.create('a/b/c.png', bytesOf('x'))).rejects.toThrow();
    expect(await store.read('a/b/c.png')).toBeUndefined();
    expect(await incoming()).toEqual([]);
  });

  test('is cleared away when a process died in the middle, without touching writes under way', async () => {
    const folder = join(directory, '.incoming');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'died'), 'half');
    await writeFile(join(folder, 'under-way'), 'half');
    await utimes(join(folder, 'died'), new Date(0), new Date(0));
    await store.create(key, bytesOf('picture'));
    expect(await incoming()).toEqual(['under-way']);
    expect(await listKeys()).toEqual([key]);
  });
});
