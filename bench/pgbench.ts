import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LoadShape } from './bench.ts';
import { locate } from './databases.ts';

const run = promisify(execFile);

/** Whether this machine has pgbench and psql, which PostgreSQL's packages bring (Debian: `apt-get install postgresql`). */
export async function hasPgbench(): Promise<boolean> {
  try {
    await Promise.all([run('pgbench', ['--version']), run('psql', ['--version'])]);
    return true;
  } catch {
    return false;
  }
}

/** Calls the yardstick's function once a row from 32 clients, and answers rows a second. Throws where a call failed. */
export async function runPgbench(url: string, { warmUp, seconds }: LoadShape): Promise<number> {
  if (warmUp > 0) await callFor(warmUp, url);
  return await callFor(seconds, url);
}

async function callFor(seconds: number, url: string): Promise<number> {
  const script = locate('bench/yardstick/limit.pgbench.sql');
  const options = ['-n', '-M', 'prepared', '-f', script, '-c', '32', '-j', '2', '-T', String(seconds)];
  const { stdout } = await run('pgbench', [...options, url]);
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
  const failed = Number(/^number of failed transactions: (\d+)/m.exec(stdout)?.[1] ?? 0);
  if (Number.isNaN(perSecond) || failed > 0) throw new Error(`pgbench failed:\n${stdout}`);
  return perSecond;
}
