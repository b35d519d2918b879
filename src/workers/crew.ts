import cluster, { type Worker } from 'node:cluster';
import { type PrimaryFunctions, type WorkerFunctions, connectFunctions, patience } from './calls.ts';
import { endings } from './handover.ts';
import { isReport } from './report.ts';

/** A worker that serves, and what it may be asked. */
export type Member = { readonly worker: Worker; readonly ask: WorkerFunctions };

/** The workers that serve and can still be asked. Those that are starting would not answer. */
export type Crew = { readonly list: () => readonly Member[] };

/** Gathers workers as they serve, from now on; they may call the `functions`. */
export function gatherCrew(functions: PrimaryFunctions): Crew {
  const members = new Map<number, Member>();
  cluster.on('message', (worker, message: unknown) => {
    if (!isReport(message) || !message.isReady) return;
    const ask = connectFunctions<WorkerFunctions, PrimaryFunctions>(worker, functions, patience.worker);
    members.set(worker.id, { worker, ask });
  });
  for (const event of endings) cluster.on(event, ({ id }: Worker) => members.delete(id));
  return { list: () => [...members.values()] };
}
