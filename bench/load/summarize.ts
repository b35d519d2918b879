/** What a load came to: answers a second, and latencies in milliseconds. */
export type LoadFigures = { readonly perSecond: number; readonly p50: number; readonly p99: number };

/** Sums up the latencies of what was answered in so many seconds; where that is nothing, nobody knows how long it takes. */
export function summarize(latencies: readonly number[], seconds: number): LoadFigures {
  const sorted = Float64Array.from(latencies).sort();
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Infinity;
  return { perSecond: sorted.length / seconds, p50: percentile(0.5), p99: percentile(0.99) };
}
