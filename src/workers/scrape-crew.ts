import cluster, { type Worker } from 'node:cluster';
import type { Log } from '../telemetry/log.ts';
import type { MergedFigures } from '../telemetry/merged-figures.ts';
import type { Scrape } from '../telemetry/metrics.ts';
import type { Crew, Member } from './crew.ts';
import { endings } from './handover.ts';

async function openFigures(): Promise<MergedFigures> {
  const { MergedFigures } = await import('../telemetry/merged-figures.ts');
  const figures = new MergedFigures();
  for (const event of endings) cluster.on(event, ({ id }: Worker) => figures.end(id));
  return figures;
}

/** Of who does not answer, what it told before stands. */
async function noteSnapshot(figures: MergedFigures, { worker, ask }: Member, log: Log): Promise<void> {
  try {
    const snapshot = await ask.takeSnapshot();
    if (worker.isConnected() && !worker.isDead()) figures.note(worker.id, snapshot);
  } catch (error) {
    log.warn({ worker: worker.id, error }, 'a worker did not tell its figures');
  }
}

/**
 * Prepares scrapes of all workers together, which wait for none of them for long. Who asks while others are waiting gets what
 * they get, so that asking often costs no more than asking now and then.
 */
export function createCrewScraper(crew: Crew, log: Log): () => Promise<Scrape> {
  let opened: Promise<MergedFigures> | undefined;
  let underWay: Promise<Scrape> | undefined;
  const scrape = async () => {
    const figures = await (opened ??= openFigures());
    await Promise.all(crew.list().map((member) => noteSnapshot(figures, member, log)));
    return figures.scrape();
  };
  return () => (underWay ??= scrape().finally(() => (underWay = undefined)));
}
