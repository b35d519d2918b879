import { limits } from '../../contract/limits.ts';
import { decodeCursor } from './cursor.ts';
import { ListRequestError } from './errors.ts';
import type { Position, SortKey } from './order.ts';

const { recordsPerPage } = limits.graphql;

/** Relay's arguments. */
export type PageArguments = {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
};

/** A page of a list: `size` rows between two positions, counted from its start, or backwards from its end. */
export type PageRequest = {
  readonly size: number;
  readonly isBackwards: boolean;
  readonly after: Position | undefined;
  readonly before: Position | undefined;
};

function checkSize(size: number | null | undefined, argument: string): number | undefined {
  if (size === null || size === undefined) return undefined;
  if (size >= 0 && size <= recordsPerPage.largest) return size;
  throw new ListRequestError(`\`${argument}\` must be from 0 to ${recordsPerPage.largest}.`);
}

/** The page that Relay's arguments ask for. Throws a `ListRequestError`. */
export function readPageArguments(args: PageArguments, order: readonly SortKey[]): PageRequest {
  const first = checkSize(args.first, 'first');
  const last = checkSize(args.last, 'last');
  if (first !== undefined && last !== undefined) throw new ListRequestError('Send `first` or `last`, not both.');
  const position = (argument: 'after' | 'before') => {
    const cursor = args[argument];
    return typeof cursor === 'string' ? decodeCursor(order, cursor, argument) : undefined;
  };
  return {
    size: first ?? last ?? recordsPerPage.usual,
    isBackwards: last !== undefined,
    after: position('after'),
    before: position('before'),
  };
}
