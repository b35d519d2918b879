import { AggregatorRegistry, type Registry } from 'prom-client';
import { z } from 'zod';
import type { Scrape } from './metrics.ts';

const snapshotShape = z.array(
  z.object({
    name: z.string(),
    help: z.string(),
    type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
    aggregator: z.enum(['sum', 'first', 'min', 'max', 'average']),
    values: z.array(
      z.object({
        value: z.number(),
        labels: z.record(z.string(), z.union([z.string(), z.number()])),
        metricName: z.string().optional(),
      }),
    ),
  }),
);

/** The figures of a process at some time. */
type Snapshot = z.infer<typeof snapshotShape>;
type Metric = Snapshot[number];

function mapValues(metric: Metric, map: (values: Metric['values']) => Metric['values']): Metric {
  return { ...metric, values: map(metric.values) };
}

const parts = 2 ** 20;

/**
 * Rounds to some millionths, of which any number add up to the same in any order. Otherwise a sum of seconds could fall by
 * its last digit when a worker ends, and Prometheus would take that for a restart.
 */
function roundForAdding(metric: Metric): Metric {
  return mapValues(metric, (values) =>
    values.map((each) => ({ ...each, value: Math.round(each.value * parts) / parts })),
  );
}

/** What outlives a process: what it has counted, but for what is about the process itself. */
function listLasting(snapshot: Snapshot): Snapshot {
  return snapshot
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .map((metric) => mapValues(metric, (values) => values.filter(({ labels }) => !('worker' in labels))))
    .filter(({ values }) => values.length > 0);
}

function aggregate(snapshots: readonly Snapshot[]): Registry {
  return AggregatorRegistry.aggregate([...snapshots]);
}

async function addUp(snapshots: readonly Snapshot[]): Promise<Snapshot> {
  return snapshotShape.parse(await aggregate(snapshots).getMetricsAsJSON());
}

/**
 * The figures of several processes as one: of those that live what they told last, and of those that have ended what they
 * had counted, so that no counter ever falls. It holds one snapshot for each that lives, and one for all others.
 */
export class MergedFigures {
  readonly #living = new Map<number, Snapshot>();
  #ended: Promise<Snapshot> = Promise.resolve([]);

  /** Takes what a process tells of itself, in place of what it told before; throws where that is no snapshot. */
  note(worker: number, snapshot: unknown): void {
    this.#living.set(worker, snapshotShape.parse(snapshot).map(roundForAdding));
  }

  /** A process has ended, and nothing more is noted of it. */
  end(worker: number): void {
    const last = this.#living.get(worker);
    if (!last) return;
    this.#living.delete(worker);
    this.#ended = this.#ended.then((ended) => addUp([ended, listLasting(last)]));
  }

  async scrape(): Promise<Scrape> {
    const living = [...this.#living.values()];
    const registry = aggregate([await this.#ended, ...living]);
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}
