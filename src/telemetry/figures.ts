import type { Load, UpsertMonitor } from '../monitor.ts';
import { Counts, Distribution } from './tally.ts';

/** What is known of a request once it is answered. `route` is one of few (http/route-name.ts), never a client's path. */
export type AnsweredRequest = {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
};

/** The connections of a pool, and the statements that wait for one. */
export type PoolLoad = { readonly inUse: number; readonly idle: number; readonly waiting: number };

const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const batchBounds = [1, 2, 4, 8, 16, 32, 64];

/** Everything that is counted in a process, in plain numbers. */
export type Figures = UpsertMonitor & {
  readonly requests: Counts;
  readonly durations: Distribution;
  readonly upserts: Counts;
  readonly batches: Distribution;
  readonly queues: ReadonlyMap<string, () => Load>;
  readonly countRequest: (request: AnsweredRequest) => void;
};

export function createFigures(): Figures {
  const requests = new Counts();
  const durations = new Distribution(durationBounds);
  const upserts = new Counts();
  const batches = new Distribution(batchBounds);
  const queues = new Map<string, () => Load>();
  return {
    requests,
    durations,
    upserts,
    batches,
    queues,
    countRequest: ({ route, method, status, seconds }) => {
      requests.add({ route, method, status: String(status) });
      durations.add({ route }, seconds);
    },
    countFate: (kind, door, outcome) => upserts.add({ kind, door, outcome }),
    countBatch: (kind, size) => batches.add({ kind }, size),
    watchQueue: (queue, readLoad) => void queues.set(queue, readLoad),
  };
}
