import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command in a process of its own. */
export type CliProcess = {
  readonly pid: number;
  /** What it and the processes it started have printed so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly isRunning: () => boolean;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Ends it as nothing can prevent. */
  readonly kill: () => Promise<void>;
  /** Resolves to its exit code, null once killed. */
  readonly exit: Promise<number | null>;
};

/** Starts a command of the program that `buildProgram` has built; the caller waits for its end. */
export function startCommand(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): CliProcess {
  const child: ChildProcess = spawn(process.execPath, [program, ...argv], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid === undefined) throw new Error('The system gave no process.');
  const exit = once(child, 'exit').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  return {
    pid: child.pid,
    out: collect(child.stdout),
    err: collect(child.stderr),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (name) => void child.kill(name),
    exit,
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}
