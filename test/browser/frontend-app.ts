import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const folder = path.resolve(import.meta.dirname, '../../examples/frontend');
const run = promisify(execFile);

/** Documents by hash, as the code generator wrote them for the app. */
export const persistedDocuments = path.join(folder, 'src/gql/persisted-documents.json');

/** What a shell has: without the test runner's NODE_ENV, with which Vite would build for development. */
function shellEnv(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_ENV: undefined };
}

async function npm(...args: readonly string[]): Promise<void> {
  try {
    await run('npm', [...args], { cwd: folder, env: shellEnv() });
  } catch (error) {
    // The compiler and the linter tell what is wrong on their standard output.
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`npm ${args.join(' ')} failed in ${folder}:\n${output}`, { cause: error });
  }
}

/** Whether what is installed is what the lock file names. */
function isInstalled(): boolean {
  const installed = path.join(folder, 'node_modules/.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(path.join(folder, 'package-lock.json')).mtimeMs
  );
}

/** Installs the example's packages where they are missing, and checks it: generated types, compiler, linter. */
export async function prepareApp(): Promise<void> {
  if (!isInstalled()) await npm('ci');
  await npm('run', 'check');
}

/** How a built app sends its operations: whole, or by their hash. */
export type AppMode = 'production' | 'persisted';

/** An app that is served. */
export type ServedApp = { readonly address: string; readonly stop: () => Promise<void> };

async function waitUntilServed(address: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`vite preview ended with ${server.exitCode}.`);
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

type Serving = { readonly mode: AppMode; readonly gateway: string; readonly port: number; readonly outDir: string };

/** Builds the app into a folder and serves it in front of a gateway, by its own scripts. */
export async function serveApp({ mode, gateway, port, outDir }: Serving): Promise<ServedApp> {
  await npm('run', 'build', '--', '--mode', mode, '--outDir', outDir);
  const args = ['node_modules/vite/bin/vite.js', 'preview', '--outDir', outDir, '--port', String(port), '--strictPort'];
  const env = { ...shellEnv(), GATEWAY_URL: gateway };
  const server = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' });
  const address = `http://127.0.0.1:${port}`;
  await waitUntilServed(address, server);
  const stop = async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };
  return { address, stop };
}
