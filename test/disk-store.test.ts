import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from '../src/storage/blob-store.ts';
import { createDiskStore } from '../src/storage/disk.ts';
import { bytesOf, key, listKeys, readBytes } from './support/blobs.ts';
import { compileSources } from './support/compile.ts';

const storageSources = ['disk', 'blob-store', 'durable-files', 'errors'].map((name) => `src/storage/${name}.ts`);

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

const incoming = async (): Promise<string[]> => await readdir(join(directory, '.incoming'));

describe('temporary files', () => {
  test('are gone when a file is written, and when its key was taken', async () => {
    await Promise.all(Array.from({ length: 20 }, () => store.create(key, bytesOf('picture'))));
    expect(await incoming()).toEqual([]);
  });

  test('are not listed, nor is what nobody stored', async () => {
    await store.create(key, bytesOf('picture'));
    await writeFile(join(directory, 'stray.txt'), '');
    await writeFile(join(directory, '7-1471338230737', 'photoCustomer', '.hidden'), '');
    await writeFile(join(directory, '.incoming', 'half'), '');
    await mkdir(join(directory, '7-1471338230737', 'photoCustomer', 'folder.png'));
    expect(await listKeys(store)).toEqual([key]);
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
    expect(await listKeys(store)).toEqual([key]);
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
  if (process.platform === 'linux')
    test('in the middle of a write leaves nothing of the file', async () => {
      await using compiled = await compileSources(storageSources);
      const program = `
        import { createDiskStore } from './src/storage/disk.js';
        const store = createDiskStore(process.argv[1]);
        const outcome = (bytes) => store.create('${key}', new Uint8Array(bytes)).then(String, ({ message }) => message);
        console.log(await outcome(1_000_000));
        console.log(await outcome(10_000));`;
      // The system stops a write after so many blocks, as a full disk does, and needs no disk that can be filled.
      const limited = 'ulimit -f 100; exec "$0" --input-type=module --eval "$1" "$2"';
      const options = { cwd: compiled.folder, encoding: 'utf8' } as const;
      const out = execFileSync('sh', ['-c', limited, process.execPath, program, directory], options);
      expect(out).toMatch(/^The image store failed: EFBIG: file too large, write\ntrue\n$/);
      expect(await incoming()).toEqual([]);
      expect((await readBytes(store, key))?.length).toBe(10_000);
    });

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
    expect(await listKeys(store)).toEqual([key]);
  });
});
