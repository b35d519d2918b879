import { randomUUID } from 'node:crypto';
import { access, constants, link, lstat, open, opendir, realpath, rm, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { guardStore, type BlobStore } from './blob-store.ts';
import { createFolderMaker, hasErrorCode, syncFolder, writeDurably } from './durable-files.ts';

// No key starts with a dot, so no key leads here.
const incomingFolder = '.incoming';
const staleAfterMillis = 3_600_000;
const chunkBytes = 262_144;
/** `<folder>/<kind>/<file>` */
const keySegments = 3;

async function undefinedIfAbsent<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** The path of a key's file; undefined when there is none, or when a link on the way leads somewhere else. */
async function findFile(root: string, key: string): Promise<string | undefined> {
  const path = join(root, key);
  return (await undefinedIfAbsent(() => realpath(path))) === path ? path : undefined;
}

async function readChunk(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const chunk = new Uint8Array(length);
    const { bytesRead } = await file.read(chunk, 0, length, position);
    if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
    return chunk.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

// The file is opened anew for each chunk: a client that goes away, or reads nothing, leaves nothing open behind.
function streamFile(path: string, size: number): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (position < size) {
          const chunk = await readChunk(path, position, Math.min(chunkBytes, size - position));
          position += chunk.length;
          controller.enqueue(chunk);
        }
        if (position >= size) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Gives a finished file its name; a link, unlike a rename, never replaces what has that name already. */
async function linkDurably(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await syncFolder(dirname(to));
  } catch (error) {
    await unlink(to);
    throw error;
  }
  return true;
}

/** Removes what processes that were killed in the middle of a write have left. */
async function removeStale(incoming: string): Promise<void> {
  for await (const entry of await opendir(incoming)) {
    const path = join(incoming, entry.name);
    const stats = await undefinedIfAbsent(() => lstat(path));
    if (stats && stats.mtimeMs < Date.now() - staleAfterMillis) await rm(path, { force: true });
  }
}

type Entry = { readonly key: string; readonly modifiedAt: Date };

async function* listFiles(root: string, parents: readonly string[] = []): AsyncGenerator<Entry> {
  const folder = await undefinedIfAbsent(() => opendir(join(root, ...parents)));
  for await (const { name } of folder ?? []) {
    const segments = [...parents, name];
    const stats = await undefinedIfAbsent(() => lstat(join(root, ...segments)));
    if (stats?.isDirectory() && segments.length < keySegments) yield* listFiles(root, segments);
    if (stats?.isFile()) yield { key: segments.join('/'), modifiedAt: stats.mtime };
  }
}

/**
 * Keeps files below a local folder, which is made when it isn't there. Needs a file system with hard links, since that
 * is how a file appears whole or not at all. Several processes may share the folder.
 */
export function createDiskStore(directory: string): BlobStore {
  const base = resolve(directory);
  const findRoot = (): Promise<string | undefined> => undefinedIfAbsent(() => realpath(base));
  const makeFolder = createFolderMaker();
  let tidied: Promise<void> | undefined;
  let checked: string | undefined;

  /** The store's real path, once it can be written to. */
  const prepareRoot = async (): Promise<string> => {
    const root = (await findRoot()) ?? base;
    const incoming = join(root, incomingFolder);
    await makeFolder(root);
    await makeFolder(incoming);
    // Left-overs only take room: not being able to remove them is no reason to refuse a file.
    await (tidied ??= removeStale(incoming).catch(() => undefined));
    return await realpath(root);
  };

  return guardStore({
    create: async (key, bytes) => {
      const root = await prepareRoot();
      const target = join(root, key);
      await makeFolder(dirname(dirname(target)));
      await makeFolder(dirname(target));
      const temporary = join(root, incomingFolder, randomUUID());
      try {
        await writeDurably(temporary, bytes);
        return await linkDurably(temporary, target);
      } finally {
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },

    read: async (key) => {
      const root = await findRoot();
      const path = root === undefined ? undefined : await findFile(root, key);
      const stats = path === undefined ? undefined : await undefinedIfAbsent(() => lstat(path));
      return path !== undefined && stats?.isFile()
        ? { size: stats.size, body: streamFile(path, stats.size) }
        : undefined;
    },

    delete: async (keys) => {
      const root = await findRoot();
      if (root === undefined) return;
      for (const key of keys) {
        const path = await findFile(root, key);
        if (path !== undefined) await undefinedIfAbsent(() => unlink(path));
      }
    },

    // A folder that was there and is gone is a mount that was lost: to make another would hide that.
    check: async () => {
      checked ??= await prepareRoot();
      await access(join(checked, incomingFolder), constants.R_OK | constants.W_OK | constants.X_OK);
    },

    list: async function* () {
      const root = await findRoot();
      if (root !== undefined) yield* listFiles(root);
    },
  });
}
