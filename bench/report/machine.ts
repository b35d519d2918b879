import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import { type Databases, query } from '../databases.ts';

/** How many processes wanted a core during the last minute: what else runs makes every figure worse, not all alike. */
export function readLoadAverage(): number {
  return loadavg()[0] ?? 0;
}

/** What the figures come from: the machine and the versions, and nothing that names it. */
export async function describeMachine(databases: Databases): Promise<string> {
  const [postgres] = await query<{ server_version: string }>(databases.gateway, 'show server_version');
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${memory} GB, ${type()}, Node ${process.versions.node}, PostgreSQL ${postgres?.server_version ?? '?'}`;
}
