import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject, vi } from 'vitest';
import { type CliProcess, startCommand } from './cli-process.ts';
import { findFreePort } from './free-port.ts';
import { type LogLine, parseLog } from './served.ts';

/** `customer-gateway serve --workers` in processes of their own, which disposing ends at once. */
export type Cluster = AsyncDisposable & {
  readonly port: number;
  readonly url: string;
  readonly primary: CliProcess;
  /** Everything that its processes have logged so far. */
  readonly log: () => LogLine[];
  /** The process ids of the workers there are just now. */
  readonly listWorkers: () => Promise<number[]>;
};

/** The processes that run, by id, with the one that started each. */
async function listProcesses(): Promise<Map<number, number>> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/ +/));
  // What has ended stays a zombie until somebody asks after it.
  const running = rows.filter(([, , state = 'Z']) => !state.startsWith('Z'));
  return new Map(running.map(([pid, parent]) => [Number(pid), Number(parent)]));
}

/** Those of the processes that still run. */
export async function findRunning(pids: readonly number[]): Promise<number[]> {
  const processes = await listProcesses();
  return pids.filter((pid) => processes.has(pid));
}

/** Starts workers. */
export async function launchCluster(env: Readonly<Record<string, string>>, count = 2): Promise<Cluster> {
  const port = await findFreePort();
  const argv = ['serve', '--workers', String(count)];
  const primary = startCommand(inject('program'), argv, { LOG_LEVEL: 'error', ...env, PORT: String(port) });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    primary,
    // Of a line that is being written, only a part may have come.
    log: () => parseLog(primary.err().replace(/[^\n]*$/, '')),
    listWorkers: async () => [...(await listProcesses())].flatMap(([pid, by]) => (by === primary.pid ? [pid] : [])),
    [Symbol.asyncDispose]: () => primary.kill(),
  };
}

/** Starts workers and waits until they serve. */
export async function startCluster(env: Readonly<Record<string, string>>): Promise<Cluster> {
  const cluster = await launchCluster(env);
  const { primary } = cluster;
  await vi.waitUntil(() => primary.out().includes('is ready') || !primary.isRunning(), { timeout: 60_000 });
  if (!primary.isRunning()) throw new Error(primary.err());
  return cluster;
}

/** Upserts under way, until it is stopped: then it tells the references that were acknowledged. */
export type Load = { readonly countAcknowledged: () => number; readonly stop: () => Promise<readonly string[]> };

/** Some clients who create customers one after the other, going on whatever fails. */
export function startLoad(url: string, prefix: string): Load {
  const acknowledged: string[] = [];
  let isStopped = false;
  const work = async (client: number): Promise<void> => {
    for (let number = 0; !isStopped; number += 1) {
      const reference = `${prefix}-${client}-${number}`;
      const address = `${url}/api/v1.0/customers/reference/${reference}`;
      const body = new URLSearchParams({ name: 'Load' });
      try {
        const { status } = await fetch(address, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
        if (status === 201) acknowledged.push(reference);
      } catch {
        await delay(5);
      }
    }
  };
  const clients = Array.from({ length: 4 }, (_, client) => work(client));
  return {
    countAcknowledged: () => acknowledged.length,
    stop: async () => {
      isStopped = true;
      await Promise.all(clients);
      return acknowledged;
    },
  };
}
