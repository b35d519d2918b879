import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort } from '../test/support/free-port.ts';

/** A server of its own process, listening on a port. Disposing stops it. */
export type ServerProcess = AsyncDisposable & { readonly port: number; readonly pid: number };

const run = promisify(execFile);
const patience = 60_000;

/** Runs `node` with these arguments to its end and answers what it printed. Throws what it complained of where it fails. */
export async function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await run(process.execPath, args, { env: { ...process.env, ...env } })).stdout;
}

/** Starts a program as a server on a free port, which `createEnv` tells it of, and waits until it listens. */
export async function startServer(
  [program = '', ...args]: readonly string[],
  createEnv: (port: number) => Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = await findFreePort();
  const child = spawn(program, args, {
    env: { ...process.env, ...createEnv(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // Also where this process ends early: nothing is left running.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const dispose = async (): Promise<void> => {
    process.off('exit', kill);
    await stop(child);
  };
  try {
    await waitUntilListening(child, port);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, pid: child.pid ?? 0, [Symbol.asyncDispose]: dispose };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function waitUntilListening(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}.`);
    if (performance.now() > deadline) throw new Error(`${child.spawnargs.join(' ')} does not listen on ${port}.`);
    await delay(5);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}
