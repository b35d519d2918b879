/** Latencies in milliseconds. */
export type Latencies = {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
};

/** Sums them up; those of nothing are not known. */
export function summarizeLatencies(latencies: readonly number[]): Latencies {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), slowest: at(1) };
}

/** In words. */
export function tellLatencies({ count, p50, p99, slowest }: Latencies): string {
  return `${count} answered, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, slowest ${slowest.toFixed(0)} ms`;
}
