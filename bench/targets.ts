import type { Measure, Samples } from './samples.ts';

/** A row of the table: what is measured beside what, and how it should come out. */
export type Target = {
  readonly what: string;
  readonly measure: Measure;
  /** What the figure is divided by; without one the figure itself is judged. */
  readonly yardstick?: { readonly name: string; readonly measure: Measure };
  readonly better: 'higher' | 'lower';
  readonly reach: number;
  readonly aim: number;
};

export type Verdict = 'aim' | 'reach' | 'missed' | 'not measured';

export const targets: readonly Target[] = [
  {
    what: 'GraphQL upserts, 20 fields selected',
    measure: 'graphql upserts/s',
    yardstick: { name: 'pgbench, the function once a row', measure: 'pgbench rows/s' },
    better: 'higher',
    reach: 0.7,
    aim: 1,
  },
  {
    what: 'form-POST upserts',
    measure: 'form upserts/s',
    yardstick: { name: 'pgbench, the function once a row', measure: 'pgbench rows/s' },
    better: 'higher',
    reach: 0.7,
    aim: 1,
  },
  {
    what: 'GraphQL upserts, serve --workers auto',
    measure: 'workers graphql upserts/s',
    yardstick: { name: 'pgbench, the function once a row', measure: 'pgbench rows/s' },
    better: 'higher',
    reach: 0.7,
    aim: 1,
  },
  {
    what: 'form-POST upserts, serve --workers auto',
    measure: 'workers form upserts/s',
    yardstick: { name: 'pgbench, the function once a row', measure: 'pgbench rows/s' },
    better: 'higher',
    reach: 0.7,
    aim: 1,
  },
  {
    what: 'latency of the slowest hundredth',
    measure: 'graphql p99 ms',
    yardstick: { name: 'Mercurius with JIT, a statement a request', measure: 'mercurius p99 ms' },
    better: 'lower',
    reach: 1,
    aim: 0.5,
  },
  {
    what: 'latency of a lone client',
    measure: 'lone client ms',
    yardstick: { name: 'bare node:http + pg', measure: 'bare lone client ms' },
    better: 'lower',
    reach: 1.6,
    aim: 1.2,
  },
  {
    what: 'import, new customers',
    measure: 'import creates rows/s',
    yardstick: { name: 'COPY + INSERT … ON CONFLICT', measure: 'COPY creates rows/s' },
    better: 'higher',
    reach: 0.6,
    aim: 0.9,
  },
  {
    what: 'import, changed customers',
    measure: 'import updates rows/s',
    yardstick: { name: 'COPY + INSERT … ON CONFLICT', measure: 'COPY updates rows/s' },
    better: 'higher',
    reach: 0.6,
    aim: 0.9,
  },
  {
    what: 'pages of 100 customers with 4 relations',
    measure: 'pages/s',
    yardstick: { name: 'PostGraphile 5 (on Node 24)', measure: 'PostGraphile pages/s' },
    better: 'higher',
    reach: 1.5,
    aim: 3,
  },
  {
    what: 'image uploads, JPEG of 1 MB',
    measure: 'image uploads/s',
    yardstick: { name: 'bare sharp, the same three pictures', measure: 'sharp pictures/s' },
    better: 'higher',
    reach: 0.8,
    aim: 0.95,
  },
  { what: 'memory under the GraphQL load', measure: 'graphql RSS MB', better: 'lower', reach: 300, aim: 200 },
  { what: 'cold start, embedded, to the first answer', measure: 'cold start s', better: 'lower', reach: 2, aim: 1 },
];

/** The median ratio to the yardstick, or the median itself; undefined where one of them was not measured. */
export function findScore(target: Target, samples: Samples): number | undefined {
  const figure = samples.median(target.measure);
  if (figure === undefined || !target.yardstick) return figure;
  const yardstick = samples.median(target.yardstick.measure);
  return yardstick === undefined ? undefined : figure / yardstick;
}

/** How far a score gets. */
export function judge({ better, reach, aim }: Target, score: number | undefined): Verdict {
  if (score === undefined) return 'not measured';
  const isWithin = (limit: number) => (better === 'higher' ? score >= limit : score <= limit);
  if (isWithin(aim)) return 'aim';
  return isWithin(reach) ? 'reach' : 'missed';
}
