import type { Figures, PoolLoad } from './figures.ts';

/** The figures of a process as Prometheus reads them. */
export type Scrape = { readonly contentType: string; readonly text: string };

/**
 * Prepares scrapes. What makes text of the figures is loaded with the first one, since a start should wait for nothing it
 * can do without; the delay of the event loop is watched from then on. `worker` names one of several processes.
 */
export function createScraper(
  figures: Figures,
  readPool: (() => PoolLoad) | undefined,
  worker: string | undefined,
): () => Promise<Scrape> {
  const load = async () => {
    const { createRegistry } = await import('./exposition.ts');
    const registry = createRegistry(figures, readPool);
    if (worker !== undefined) registry.setDefaultLabels({ worker });
    return registry;
  };
  let registry: ReturnType<typeof load> | undefined;
  return async () => {
    const loaded = await (registry ??= load());
    return { contentType: loaded.contentType, text: await loaded.metrics() };
  };
}
