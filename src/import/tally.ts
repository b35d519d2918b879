import type { WarningCode } from '../contract/warnings.ts';
import type { RowResult } from './collection.ts';

/** How many rows there were of each outcome, and of each warning. */
export type Tally = {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly warnings: Readonly<Partial<Record<WarningCode, number>>>;
};

export const emptyTally: Tally = { created: 0, updated: 0, unchanged: 0, refused: 0, warnings: {} };

/** All rows of a tally. */
export function countRows({ created, updated, unchanged, refused }: Tally): number {
  return created + updated + unchanged + refused;
}

/** The tally with these results added. */
export function addResults(tally: Tally, results: readonly RowResult[]): Tally {
  const next = { ...tally, warnings: { ...tally.warnings } };
  for (const result of results) {
    next[result.ok ? result.outcome : 'refused'] += 1;
    if (!result.ok || result.warnings.length === 0) continue;
    for (const code of new Set(result.warnings.map((warning) => warning.code))) {
      next.warnings[code] = (next.warnings[code] ?? 0) + 1;
    }
  }
  return next;
}
