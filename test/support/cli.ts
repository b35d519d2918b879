import { EventEmitter } from 'node:events';
import { runCli } from '../../src/program.ts';

/** What a command printed, and its exit code. */
export type CliRun = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the program in this process; `signals` may emit SIGINT and SIGTERM to it. */
export async function runCommand(
  argv: readonly string[],
  {
    env = {},
    input = '',
    signals = new EventEmitter(),
    onOut = () => undefined,
  }: {
    env?: NodeJS.ProcessEnv;
    input?: string | Uint8Array;
    signals?: EventEmitter;
    onOut?: (out: string) => void;
  } = {},
): Promise<CliRun> {
  let out = '';
  let err = '';
  const code = await runCli(argv, {
    env,
    stdin: (async function* () {
      yield await Promise.resolve(input);
    })(),
    out: (text) => {
      out += text;
      onOut(out);
    },
    err: (text) => (err += text),
    terminalWidth: () => undefined,
    signals,
  });
  return { code, out, err };
}
