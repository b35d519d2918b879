import { distance } from 'fastest-levenshtein';
import type { Parameter } from '../contract/parameters.ts';

/** What a column of a file is for. */
export type Column =
  | { readonly kind: 'reference' }
  | { readonly kind: 'useExternalId' }
  | { readonly kind: 'parameter'; readonly parameter: Parameter }
  /** Columns that the file of refused rows adds. */
  | { readonly kind: 'ignored' };

/** The columns a file may have, by name. */
export type Columns = ReadonlyMap<string, Column>;

/** The columns of a file of refused rows that are about the row itself, in their order. */
export const rejectedColumns = ['line', 'reason'] as const;

/** The columns for a page's parameters: all but images. */
export function createColumns(parameters: readonly Parameter[]): Columns {
  return new Map<string, Column>([
    ['reference', { kind: 'reference' }],
    ...parameters
      .filter(({ kind }) => kind.type !== 'image')
      .map((parameter): [string, Column] => [parameter.name, { kind: 'parameter', parameter }]),
    ['useExternalId', { kind: 'useExternalId' }],
    ...rejectedColumns.map((name): [string, Column] => [name, { kind: 'ignored' }]),
  ]);
}

const fold = (name: string) => name.toLowerCase().replace(/[^a-z\d]/g, '');

/** The known column that an unknown name most likely stands for; undefined where none is near. */
function findNearest(name: string, columns: Columns): string | undefined {
  const folded = fold(name);
  const near = [...columns].flatMap(([known, column]) => {
    const names = column.kind === 'parameter' ? [known, column.parameter.field] : [known];
    return names.map((each) => ({ known, steps: distance(folded, fold(each)) }));
  });
  const [best] = near.toSorted((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(1, folded.length / 3) ? best.known : undefined;
}

/** Why a name is no column, in words. */
export function describeUnknown(name: string, columns: Columns): string {
  const nearest = findNearest(name, columns);
  const quoted = JSON.stringify(name);
  return nearest === undefined ? `${quoted} is no column` : `${quoted} is no column (did you mean ${nearest}?)`;
}
