import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { describeThisProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

const heartbeatInterval = 2_000;
const staleAfter = 10_000;
const pollInterval = 200;

/** Below the locked folder. */
const lockFolderName = '.lock';

const identitySchema = z.object({
  pid: z.int(),
  host: z.string(),
  pidSpace: z.string(),
  started: z.string().nullable(),
});
const claimSchema = z.object({ heldBy: identitySchema.nullable() });

/** Another process (or this one, earlier) has the folder open. The message says which, and what to do. */
export class FolderInUseError extends Error {
  override name = 'FolderInUseError';

  constructor(directory: string, holder: ProcessIdentity | null) {
    const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
    super(`${directory} is in use by ${who}. Stop that process, or choose another DATA_DIR.`);
  }
}

/** The folder cannot be created, or not written to. */
export class FolderUnusableError extends Error {
  override name = 'FolderUnusableError';

  constructor(directory: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot use the folder ${directory}: ${reason}. Set DATA_DIR to a folder this process may write to.`, {
      cause,
    });
  }
}

/**
 * Makes this process the only one to use the folder, which is created where it is missing, until the lock is disposed of or
 * the process ends, in whatever way. Throws a `FolderInUseError` where another one uses it, at once on the same machine; a
 * claim of another machine or container counts until its heartbeat has been silent for 10 seconds, which this waits for.
 * Throws a `FolderUnusableError` where the folder cannot be written to.
 */
export async function lockFolder(directory: string): Promise<AsyncDisposable> {
  try {
    return await claimFolder(directory);
  } catch (error) {
    throw error instanceof FolderInUseError ? error : new FolderUnusableError(directory, error);
  }
}

/**
 * The claims on a folder are files numbered upwards. The highest one counts. Who finds it given back or its process dead
 * claims the next number, which only one can create, and removes the lower ones; a claim given back stays, so that
 * numbers never come again. So who acts on an old view of the folder finds its number taken, or a higher one beside it.
 */
async function claimFolder(directory: string): Promise<AsyncDisposable> {
  const claims = path.join(path.resolve(directory), lockFolderName);
  const identity = await describeThisProcess();
  await mkdir(claims, { recursive: true, mode: 0o700 });
  for (;;) {
    const highest = await findHighest(claims);
    if (highest > 0) await requireAbandoned(directory, claimPath(claims, highest));
    const own = claimPath(claims, highest + 1);
    if (!(await createClaim(own, identity))) continue;
    if ((await findHighest(claims)) === highest + 1) {
      await removeLower(claims, highest + 1);
      return holdClaim(directory, own);
    }
    await rm(own, { force: true });
  }
}

function claimPath(claims: string, number: number): string {
  return path.join(claims, String(number));
}

async function listNumbers(claims: string): Promise<readonly number[]> {
  return (await readdir(claims)).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function findHighest(claims: string): Promise<number> {
  return Math.max(0, ...(await listNumbers(claims)));
}

async function removeLower(claims: string, number: number): Promise<void> {
  const lower = (await listNumbers(claims)).filter((other) => other < number);
  await Promise.all(lower.map((other) => rm(claimPath(claims, other), { force: true })));
}

/** Whether this call created the claim: false where it exists already. */
async function createClaim(file: string, heldBy: ProcessIdentity): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify({ heldBy }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Returns once nobody holds the claim any more; throws a `FolderInUseError` once it is clear that somebody does. */
async function requireAbandoned(directory: string, file: string): Promise<void> {
  const start = Date.now();
  let first: number | undefined;
  for (;;) {
    const claim = await findClaim(file);
    if (claim === undefined || (claim.isReadable && claim.holder === null)) return;
    const isAlive = claim.holder ? await isRunning(claim.holder) : undefined;
    if (isAlive === false) return;
    first ??= claim.beatAt;
    if (isAlive || claim.beatAt !== first) throw new FolderInUseError(directory, claim.holder);
    if (Date.now() - claim.beatAt > staleAfter || Date.now() - start > staleAfter) return;
    await delay(pollInterval);
  }
}

type Claim = { readonly holder: ProcessIdentity | null; readonly isReadable: boolean; readonly beatAt: number };

/** Undefined where the file is gone. One that does not read is being written this moment, or was when its process died. */
async function findClaim(file: string): Promise<Claim | undefined> {
  try {
    const [{ mtimeMs: beatAt }, text] = [await stat(file), await readFile(file, 'utf8')];
    const { data } = claimSchema.safeParse(parseJson(text));
    return { holder: data?.heldBy ?? null, isReadable: data !== undefined, beatAt };
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function holdClaim(directory: string, file: string): AsyncDisposable {
  let isHeld = true;
  const beat = async (): Promise<void> => {
    const now = new Date();
    try {
      await utimes(file, now, now);
    } catch (error) {
      if (!isHeld || !isCode(error, 'ENOENT')) return;
      clearInterval(timer);
      endProcess(directory);
    }
  };
  const timer = setInterval(() => void beat(), heartbeatInterval).unref();
  return {
    [Symbol.asyncDispose]: async () => {
      if (!isHeld) return;
      isHeld = false;
      clearInterval(timer);
      await giveBack(file);
    },
  };
}

/** In one step, so that nobody reads half of it. */
async function giveBack(file: string): Promise<void> {
  const replacement = `${file}.given-back`;
  await writeFile(replacement, JSON.stringify({ heldBy: null }));
  await rename(replacement, file);
}

/** The claim was taken over while this process stood still for long, or the folder was deleted: every further write would do harm. */
function endProcess(directory: string): void {
  setImmediate(() => {
    throw new Error(`The lock on ${directory} is lost: another process has taken the folder over, or it was deleted.`);
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
