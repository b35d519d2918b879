import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/package-root.ts';

/** A program in a process of its own. Disposing ends it at once, and so does the end of this process. */
export type Program = AsyncDisposable & {
  readonly isRunning: () => boolean;
  /** Resolves to the exit code; null where a signal ended it. */
  readonly exit: Promise<number | null>;
  readonly signal: (name: NodeJS.Signals) => void;
};

/** Where a file of this project is. */
export function locate(file: string): string {
  return fileURLToPath(new URL(file, packageRoot));
}

/** Starts a program with these variables besides our own; what it complains of is shown. */
export function startProgram(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = waitForExit(child);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void exit.then(() => process.off('exit', kill));
  return {
    isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    exit,
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      kill();
      await exit;
    },
  };
}

/** Resolves also where there was no such program: then it is one that is gone. */
function waitForExit(child: ChildProcess): Promise<number | null> {
  return once(child, 'exit')
    .then(([code]: unknown[]) => (typeof code === 'number' ? code : null))
    .catch((error: unknown) => {
      console.error(String(error));
      return null;
    });
}
