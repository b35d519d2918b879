import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether an error is one of Node's with one of these codes, such as ENOENT. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** Makes what was created in or removed from a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; there the file system's journal has to do.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Returns a function that makes sure of a folder and those above it, durably, and throws when the folder is a link
 * leading elsewhere. A folder somebody else has just made counts only once it was synced here too.
 */
export function createFolderMaker(): (path: string) => Promise<void> {
  const synced = new Set<string>();
  return async (path) => {
    const first = await mkdir(path, { recursive: true });
    if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
    if (first === undefined && synced.has(path)) return;
    const highest = first ?? path;
    for (let made = path; made.length >= highest.length && made !== dirname(made); made = dirname(made)) {
      await syncFolder(dirname(made));
    }
    synced.add(path);
  };
}

/** Writes a new file whose bytes are on the disk when this resolves. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
