import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderInUseError, FolderUnusableError, lockFolder } from '../src/db/folder-lock.ts';
import { describeThisProcess, type ProcessIdentity } from '../src/db/process-identity.ts';
import type { CompiledSources } from './support/compile.ts';
import { compileLockProgram, type LockProcess, startLockProcess } from './support/lock-process.ts';

let program: CompiledSources;
let folder: string;
let started: LockProcess[];

beforeAll(async () => {
  program = await compileLockProgram();
});

afterAll(() => program[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-lock-'));
  started = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(started.map((other) => other.kill()));
  await rm(folder, { recursive: true });
});

async function start(): Promise<LockProcess> {
  const other = await startLockProcess(program, folder);
  started.push(other);
  return other;
}

/** Writes a claim the way a process elsewhere, or one that died, left it, last heard of some seconds ago. */
async function leaveClaim(heldBy: ProcessIdentity, secondsAgo: number, number = 1): Promise<string> {
  const file = path.join(folder, '.lock', String(number));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ heldBy }));
  await beat(file, secondsAgo);
  return file;
}

async function beat(file: string, secondsAgo = 0): Promise<void> {
  const at = new Date(Date.now() - secondsAgo * 1_000);
  await utimes(file, at, at);
}

const elsewhere: ProcessIdentity = { pid: process.pid, host: 'elsewhere', pidSpace: 'elsewhere', started: '1' };

/** Locks the folder, does the work and gives the folder back. */
async function withLock(directory: string, work: () => Promise<void>): Promise<void> {
  const lock = await lockFolder(directory);
  try {
    await work();
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function timeToLock(): Promise<number> {
  const before = Date.now();
  await withLock(folder, async () => {});
  return Date.now() - before;
}

async function findCurrentClaim(): Promise<string> {
  const claims = path.join(folder, '.lock');
  return path.join(claims, String(Math.max(...(await readdir(claims)).map(Number))));
}

describe('a folder in use', () => {
  it('is refused to the same process, with the folder, the process and a way out', async () => {
    await withLock(folder, async () => {
      const second = lockFolder(folder);
      await expect(second).rejects.toBeInstanceOf(FolderInUseError);
      await expect(second).rejects.toThrow(
        `${folder} is in use by process ${process.pid} on ${hostname()}. Stop that process, or choose another DATA_DIR.`,
      );
    });
  });

  it('is refused to another process until it is given back', async () => {
    const [first, second] = [await start(), await start()];
    expect(await first.lock()).toEqual({ is: 'locked' });
    const refusal = {
      is: 'refused',
      name: 'FolderInUseError',
      message: expect.stringContaining(String(first.pid)) as string,
    };
    expect(await second.lock()).toEqual(refusal);
    expect(await first.release()).toEqual({ is: 'released' });
    expect(await second.lock()).toEqual({ is: 'locked' });
    expect(await first.lock()).toMatchObject({ is: 'refused' });
  });

  it('is created where it is missing, closed to other users', async () => {
    const deep = path.join(folder, 'not', 'there');
    await withLock(deep, async () => {
      expect((await stat(deep)).mode & 0o777).toBe(0o700);
    });
  });

  it('leaves one small file behind, however often it is used', async () => {
    for (let turn = 0; turn < 5; turn += 1) await withLock(folder, async () => {});
    expect(await readdir(path.join(folder, '.lock'))).toEqual(['5']);
  });
});

describe('a process that was killed', () => {
  it('does not block the next start', async () => {
    const [first, second] = [await start(), await start()];
    expect(await first.lock()).toEqual({ is: 'locked' });
    await first.kill();
    expect(await second.lock()).toEqual({ is: 'locked' });
  });

  if (process.platform === 'linux')
    it('does not block the next start when another process has its number', async () => {
      await leaveClaim({ ...(await describeThisProcess()), started: '1' }, 0);
      await withLock(folder, async () => {
        const claim: unknown = JSON.parse(await readFile(await findCurrentClaim(), 'utf8'));
        expect(claim).toEqual({ heldBy: await describeThisProcess() });
      });
    });

  it('blocks for no more than the heartbeat when it died while it wrote its claim', async () => {
    await writeFile(await leaveClaim(elsewhere, 0), '{"heldB');
    await beat(await findCurrentClaim(), 9);
    expect(await timeToLock()).toBeLessThan(8_000);
    expect(path.basename(await findCurrentClaim())).toBe('2');
  });

  it('leaves its folder to exactly one of those that start at the same moment', async () => {
    const contenders = await Promise.all(Array.from({ length: 4 }, start));
    const dead = await start();
    await dead.lock();
    const claim = await readFile(await findCurrentClaim(), 'utf8');
    await dead.kill();
    for (let round = 0; round < 25; round += 1) {
      const at = Date.now() + 30;
      const answers = await Promise.all(contenders.map((contender) => contender.lock(at)));
      const winner = answers.findIndex(({ is }) => is === 'locked');
      const others = answers.filter((_, index) => index !== winner);
      expect(others.map((answer) => answer.is === 'refused' && answer.name)).toEqual(Array(3).fill('FolderInUseError'));
      await contenders[winner]?.release();
      // As if the dead process had been the next to hold the folder.
      await writeFile(path.join(folder, '.lock', String(Number(path.basename(await findCurrentClaim())) + 1)), claim);
    }
  });

  it('never lets two inside, while many take the folder, give it back and are killed inside', async () => {
    for (let round = 0; round < 4; round += 1) {
      const contenders = await Promise.all(Array.from({ length: 4 }, start));
      const errors = await Promise.all(contenders.map((contender) => contender.churn(15)));
      expect(errors).toEqual(['', '', '', '']);
    }
  });
});

describe('a claim of another machine or container', () => {
  it('counts while its heartbeat goes on', async () => {
    const file = await leaveClaim(elsewhere, 3);
    const heart = setInterval(() => void beat(file), 500);
    try {
      await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${process.pid} on elsewhere`);
    } finally {
      clearInterval(heart);
    }
  });

  it('is taken over at once when nothing was heard of it for ten seconds', async () => {
    await leaveClaim(elsewhere, 11);
    expect(await timeToLock()).toBeLessThan(8_000);
  });

  it('is taken over once it has been silent for ten seconds', async () => {
    await leaveClaim(elsewhere, 8);
    expect(await timeToLock()).toBeGreaterThan(1_500);
  });

  it('is heard of every two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await withLock(folder, async () => {
      const file = await findCurrentClaim();
      for (let beats = 0; beats < 3; beats += 1) {
        await beat(file, 60);
        vi.advanceTimersByTime(2_000);
        await expect
          .poll(async () => Date.now() - (await stat(file)).mtimeMs, { timeout: 30_000 })
          .toBeLessThan(40_000);
      }
    });
  });
});

it('ends the process that has lost its claim', async () => {
  const first = await start();
  await first.lock();
  await rm(path.join(folder, '.lock'), { recursive: true });
  expect(await first.end).toContain(`The lock on ${folder} is lost`);
});

describe('a folder that cannot be used', () => {
  it('is refused where it cannot be created, naming DATA_DIR', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const locking = lockFolder(path.join(folder, 'file', 'data'));
    await expect(locking).rejects.toBeInstanceOf(FolderUnusableError);
    await expect(locking).rejects.toThrow(/Cannot use the folder .*file\/data: ENOTDIR.*Set DATA_DIR/);
  });

  if (process.getuid?.() !== 0)
    it('is refused where it is read-only, naming DATA_DIR', async () => {
      await chmod(folder, 0o500);
      await expect(lockFolder(folder)).rejects.toThrow(/EACCES.*Set DATA_DIR/);
    });
});
