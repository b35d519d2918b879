import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Figures, PoolLoad } from './figures.ts';
import type { Counts, Distribution } from './tally.ts';

const prefix = 'customer_gateway_';

type Description = { readonly name: string; readonly help: string; readonly labelNames?: readonly string[] };

function describe({ name, help, labelNames = [] }: Description, registry: Registry) {
  return { name: `${prefix}${name}`, help, labelNames: [...labelNames], registers: [registry] };
}

function exposeCounts(counts: Counts, description: Description, registry: Registry): void {
  new Counter({
    ...describe(description, registry),
    collect() {
      this.reset();
      for (const { labels, value } of counts.list()) this.inc(labels, value);
    },
  });
}

function exposeLevels(
  list: () => Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }>,
  description: Description,
  registry: Registry,
): void {
  new Gauge({
    ...describe(description, registry),
    collect() {
      this.reset();
      for (const { labels, value } of list()) this.set(labels, value);
    },
  });
}

/** A histogram whose values are counted elsewhere. */
class ReadHistogram extends Histogram {
  /** Knows how it is described, and nothing else. */
  readonly #empty: Histogram;
  readonly #name: string;
  readonly #distribution: Distribution;

  constructor(distribution: Distribution, description: ReturnType<typeof describe>) {
    super({ ...description, buckets: [...distribution.bounds] });
    this.#empty = new Histogram({ ...description, registers: [] });
    this.#name = description.name;
    this.#distribution = distribution;
  }

  override async get() {
    const values = [...this.#distribution.list()].flatMap(({ labels, counts, sum }) => {
      let total = 0;
      const buckets = counts.map((count, range) => {
        const le = this.#distribution.bounds[range] ?? '+Inf';
        return { metricName: `${this.#name}_bucket`, labels: { le, ...labels }, value: (total += count) };
      });
      const sums = { metricName: `${this.#name}_sum`, labels, value: sum };
      return [...buckets, sums, { metricName: `${this.#name}_count`, labels, value: total }];
    });
    return { ...(await this.#empty.get()), values };
  }

  /** What a registry asks for where there is one. */
  getForPromString() {
    return this.get();
  }
}

function listLoads({ queues }: Figures) {
  return [...queues].flatMap(([queue, readLoad]) =>
    Object.entries(readLoad()).map(([state, value]) => ({ labels: { queue, state }, value })),
  );
}

function exposePool(readPool: () => PoolLoad, registry: Registry): void {
  const connections = () => {
    const { inUse, idle } = readPool();
    return [
      { labels: { state: 'in_use' }, value: inUse },
      { labels: { state: 'idle' }, value: idle },
    ];
  };
  const help = 'Connections of the pool to PostgreSQL.';
  exposeLevels(connections, { name: 'database_connections', help, labelNames: ['state'] }, registry);
  const waiting = () => [{ labels: {}, value: readPool().waiting }];
  exposeLevels(waiting, { name: 'database_waiting', help: 'Statements that wait for a connection.' }, registry);
}

/**
 * Everything a process has counted, and what Node tells of it, as Prometheus reads it. `readPool` where there is a pool.
 * `worker` names one of several processes, and is a label of what would make no sense as a sum: what Node tells.
 */
export function createRegistry(
  figures: Figures,
  readPool: (() => PoolLoad) | undefined,
  worker: string | undefined,
): Registry {
  const registry = new Registry();
  const count = (counts: Counts, name: string, help: string, labelNames: readonly string[]) =>
    exposeCounts(counts, { name, help, labelNames }, registry);
  const distribute = (distribution: Distribution, name: string, help: string, labelNames: readonly string[]) =>
    new ReadHistogram(distribution, describe({ name, help, labelNames }, registry));
  count(figures.requests, 'http_requests_total', 'Requests answered.', ['route', 'method', 'status']);
  distribute(figures.durations, 'http_request_duration_seconds', 'From a request’s head to its answer’s end.', [
    'route',
  ]);
  count(figures.upserts, 'upserts_total', 'Items of upserts, by what became of them.', ['kind', 'door', 'outcome']);
  distribute(figures.batches, 'upsert_batch_size', 'Calls written together.', ['kind']);
  const queueHelp = 'Jobs that wait or are under way.';
  exposeLevels(
    () => listLoads(figures),
    { name: 'queue_jobs', help: queueHelp, labelNames: ['queue', 'state'] },
    registry,
  );
  if (readPool) exposePool(readPool, registry);
  collectDefaultMetrics({ register: registry, labels: worker === undefined ? {} : { worker } });
  return registry;
}

/**
 * What a registry holds just now, as it may be sent to another process. What has no value yet is left out: JSON makes a
 * zero of it.
 */
export async function takeSnapshot(registry: Registry): Promise<readonly object[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map((metric) => ({
    ...metric,
    // Left out of a sum, which it is never part of: the start of a process has the label of its worker.
    aggregator: metric.aggregator === 'omit' ? 'first' : metric.aggregator,
    values: metric.values.filter(({ value }) => Number.isFinite(value)),
  }));
}
