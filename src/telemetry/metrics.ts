import type { Figures, PoolLoad } from './figures.ts';

/** Figures as Prometheus reads them. */
export type Scrape = { readonly contentType: string; readonly text: string };

/** The figures of a process: for Prometheus, and as they are added to those of other processes (merged-figures.ts). */
export type OwnFigures = {
  readonly scrape: () => Promise<Scrape>;
  readonly takeSnapshot: () => Promise<unknown>;
};

/**
 * Prepares reading the figures. What makes text of them is loaded with the first reading, since a start should wait for
 * nothing it can do without; the delay of the event loop is watched from then on. `worker` names one of several processes.
 */
export function createOwnFigures(
  figures: Figures,
  readPool: (() => PoolLoad) | undefined,
  worker: string | undefined,
): OwnFigures {
  const load = async () => {
    const exposition = await import('./exposition.ts');
    return { ...exposition, registry: exposition.createRegistry(figures, readPool, worker) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  return {
    scrape: async () => {
      const { registry } = await (loaded ??= load());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    takeSnapshot: async () => {
      const { registry, takeSnapshot } = await (loaded ??= load());
      return takeSnapshot(registry);
    },
  };
}
