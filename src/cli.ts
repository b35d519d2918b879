#!/usr/bin/env node
import { runCli } from './program.ts';

// graphql reads it as it is loaded, which is after this, and checks far more than it has to unless this is production.
process.env['NODE_ENV'] ??= 'production';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', () => process.exit());
// Nor is a log that nobody takes any more.
process.stderr.on('error', () => undefined);

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
