import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../../src/package-root.ts';
import { createDatabase, withDatabase } from '../../support/admin.ts';
import { findFreePort } from '../../support/free-port.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';

const program = fileURLToPath(new URL('dist/cli.js', packageRoot));
const exampleFile = fileURLToPath(new URL('examples/entity1.yaml', packageRoot));

/** The built gateway as a process of its own, over the example organization in PostgreSQL. */
export type BuiltGateway = AsyncDisposable & {
  readonly port: number;
  /** The lines of its log that tell of failures. */
  readonly failures: () => readonly string[];
  readonly isRunning: () => boolean;
  /** The most memory that the process has had, in megabytes. */
  readonly readPeakMemory: () => Promise<number>;
};

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function waitUntilReady(child: ChildProcess, port: number): Promise<void> {
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`The gateway ended with ${child.exitCode}.`);
    await delay(50);
  }
}

/** Provisions a new database of the server and serves it. */
export async function startBuiltGateway(server: PostgresServer, name: string): Promise<BuiltGateway> {
  await createDatabase(server.url, name);
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-hostile-'));
  const port = await findFreePort();
  const settings = { DATABASE_URL: withDatabase(server.url, name), DATA_DIR: folder, PORT: String(port) };
  // As in the Dockerfile.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2', LOG_LEVEL: 'error', ...settings };
  await promisify(execFile)(process.execPath, [program, 'provision', exampleFile], { env });
  const child = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  await waitUntilReady(child, port);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    port,
    failures: () => log.split('\n').filter((line) => line !== ''),
    isRunning,
    readPeakMemory: async () => {
      const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8');
      return Math.round((Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024) / 1e6);
    },
    [Symbol.asyncDispose]: async () => {
      process.off('exit', end);
      if (isRunning()) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server for them. */
export const startDatabase = (): Promise<PostgresServer> => startPostgres();
