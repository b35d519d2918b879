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

/** Makes sure of a folder and those above it, durably. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let created = path; created.length >= first.length; created = dirname(created)) {
    await syncFolder(dirname(created));
    if (created === dirname(created)) return;
  }
}

/** The same for a folder that must not be a link leading elsewhere. */
export async function makeRealFolder(path: string): Promise<void> {
  await makeFolder(path);
  if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
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
