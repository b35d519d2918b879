#!/usr/bin/env node
import { runCli } from './program.ts';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminalWidth: () => (process.stderr.isTTY ? process.stderr.columns : undefined),
  signals: process,
});
// Nothing should hold the process now; should something, it is let go.
setTimeout(() => process.exit(), 1_000).unref();
