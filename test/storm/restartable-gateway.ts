import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../support/free-port.ts';
import { type Program, locate, startProgram } from './program.ts';

const patience = 30_000;

/** The built gateway on a port of its own, which it keeps over restarts. Disposing ends it at once. */
export type Gateway = AsyncDisposable & {
  readonly port: number;
  /** Starts it and waits until it is ready. */
  readonly start: () => Promise<void>;
  /** Ends it by SIGTERM, answers the exit code and how many seconds it took. */
  readonly terminate: () => Promise<{ readonly code: number | null; readonly seconds: number }>;
};

/** Runs a command of the built program to its end. Throws where it fails. */
export async function runCli(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  await using program = startProgram([process.execPath, locate('dist/cli.js'), ...argv], env);
  const code = await program.exit;
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}.`);
}

/** Resolves once the address answers 200. Throws where it takes too long, or the program that should answer is gone. */
export async function waitUntilReady(url: string, program: Program): Promise<void> {
  const deadline = performance.now() + patience;
  while (performance.now() < deadline && program.isRunning()) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await delay(20);
  }
  throw new Error(`${url} ${program.isRunning() ? 'is not ready' : 'has ended'}.`);
}

/** Prepares a gateway with these settings; nothing runs before `start`. */
export async function createGateway(env: Readonly<Record<string, string>>): Promise<Gateway> {
  const port = await findFreePort();
  const settings = { LOG_LEVEL: 'error', ...env, PORT: String(port) };
  let program: Program | undefined;
  return {
    port,
    start: async () => {
      program = startProgram([process.execPath, locate('dist/cli.js'), 'serve'], settings);
      await waitUntilReady(`http://127.0.0.1:${port}/readyz`, program);
    },
    terminate: async () => {
      const begun = performance.now();
      program?.signal('SIGTERM');
      return { code: (await program?.exit) ?? null, seconds: (performance.now() - begun) / 1_000 };
    },
    [Symbol.asyncDispose]: async () => program?.[Symbol.asyncDispose](),
  };
}
