import { availableParallelism, cpus, totalmem, type } from 'node:os';

/** What figures come from: the machine and the versions where they are known, and nothing that names it. */
export function describeMachine(postgresVersion?: string): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const server = postgresVersion === undefined ? '' : `, PostgreSQL ${postgresVersion}`;
  return `${availableParallelism()} cores (${model}), ${memory} GB, ${type()}, Node ${process.versions.node}${server}`;
}
