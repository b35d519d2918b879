import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type CompiledSources, compileSources } from './compile.ts';
import type { LockAnswer, LockOrder } from './lock-program.ts';

/** A real process that locks a folder when it is told to. */
export type LockProcess = {
  readonly pid: number;
  readonly lock: (at?: number) => Promise<LockAnswer>;
  readonly release: () => Promise<LockAnswer>;
  /** Takes the folder so many times, then kills itself inside; resolves to what it wrote to standard error. */
  readonly churn: (turns: number) => Promise<string>;
  readonly kill: () => Promise<void>;
  /** Resolves when the process ends, to what it wrote to standard error. */
  readonly end: Promise<string>;
};

export async function compileLockProgram(): Promise<CompiledSources> {
  return compileSources(['src/db/folder-lock.ts', 'src/db/process-identity.ts', 'test/support/lock-program.ts']);
}

/** Starts the program on a folder; the caller ends it. */
export async function startLockProcess({ folder: program }: CompiledSources, folder: string): Promise<LockProcess> {
  const child = fork(path.join(program, 'test/support/lock-program.js'), [folder], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => (errors += String(chunk)));
  const end = once(child, 'close').then(() => errors);
  await nextAnswer(child);
  return {
    pid: child.pid ?? 0,
    lock: (at = 0) => ask(child, { do: 'lock', at }),
    release: () => ask(child, { do: 'release' }),
    churn: (turns) => {
      child.send({ do: 'churn', turns } satisfies LockOrder);
      return end;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await end;
    },
    end,
  };
}

async function ask(child: ChildProcess, order: LockOrder): Promise<LockAnswer> {
  const answer = nextAnswer(child);
  child.send(order);
  return answer;
}

async function nextAnswer(child: ChildProcess): Promise<LockAnswer> {
  const [answer] = (await once(child, 'message')) as [LockAnswer];
  return answer;
}
