import cluster from 'node:cluster';
import type { Config } from '../config.ts';
import type { Signals } from '../stop-signals.ts';

/** What the processes have of the world: `out` and `err` take whole texts, `signals` emits SIGINT and SIGTERM. */
export type WorkersIo = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signals: Signals;
};

/**
 * Serves by as many processes as the settings say, on one port, until SIGINT or SIGTERM, and answers the exit code. The
 * processes are this program again: what it does depends on which of them it is. Throws what keeps the first of them from
 * starting; nothing stays open then.
 */
export async function serveByWorkers(config: Config, io: WorkersIo): Promise<number> {
  // The primary answers no request, so it need not load what does.
  if (!cluster.worker) return (await import('./primary.ts')).serveAsPrimary(config, io);
  return (await import('./worker.ts')).serveAsWorker(cluster.worker, config, io.signals);
}
