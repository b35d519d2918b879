import type { StoredImage } from '../../contract/images.ts';
import type { TracePlace } from '../../monitor.ts';
import { checkItem } from './check-item.ts';
import type { PreparedImage } from './images.ts';
import type { Kind, ResultOf, RowOf, Ties, UpsertModel } from './model.ts';
import type { CheckedItem, UpsertItem, WriteVerdict } from './types.ts';

/** What became of one item: its result, or what kept the gateway from having one. */
export type Settled<Result> = { readonly result: Result } | { readonly failure: unknown };

/** Whether the caller has gone: what was not begun until then need not be done. */
export type HasLeft = () => boolean;

/** The names an entry uses, its reference first, and those of others that it rests on. */
export type Names = { readonly own: readonly string[] } & Pick<Ties, 'needs' | 'needsIfNew'>;

/** One item on its way through the rounds. */
export type Entry<K extends Kind> = {
  readonly names: Names;
  /** The caller's own user, if any. */
  readonly userId: number | null;
  readonly hasLeft: HasLeft | undefined;
  /** Where in a trace it was called for. */
  readonly origin: TracePlace | undefined;
  /** Called once, as soon as the entry's fate is known. */
  readonly settle: (settled: Settled<ResultOf<K>>) => void;
  checked: CheckedItem<K['input']>;
  isSettled: boolean;
  prepared?: PreparedImage;
  /** Its new image, once the files are written. */
  stored?: StoredImage;
  /** How many races it has lost. */
  losses: number;
  /** When it was first tried, by the monotonic clock in milliseconds. */
  triedSince?: number;
  /** Of a single call: which turn it had the last time. */
  turn?: number;
  /** Whether it has waited too long for a lock, or gone with what has. */
  isHeldUp?: boolean;
  /** What was being written when the connection broke: nobody knows whether it was. */
  doubt?: WriteVerdict<K['state'], RowOf<K>>;
};

/** Whether an entry has a reference that can name a record. */
export function isNamed<K extends Kind>({ checked }: Pick<Entry<K>, 'checked'>): boolean {
  return !checked.refused.has('reference');
}

/** What an entry is made of. */
export type Submission<K extends Kind> = Pick<Entry<K>, 'userId' | 'settle'> & {
  readonly item: UpsertItem<K['input']>;
  readonly hasLeft?: HasLeft | undefined;
  readonly origin?: TracePlace | undefined;
};

/** Checks all of an item that can be checked without the database, and makes an entry of it. */
export function createEntry<K extends Kind>(
  { parameters, image, tiesOf }: UpsertModel<K>,
  { item, userId, hasLeft, settle, origin }: Submission<K>,
): Entry<K> {
  const checked = checkItem(item, parameters, image.ofInput);
  const { input } = checked;
  const { needs, needsIfNew, claims } = tiesOf(input);
  const own = isNamed<K>({ checked })
    ? [input.reference, ...(input.newReference ? [input.newReference] : []), ...claims]
    : [];
  return { names: { own, needs, needsIfNew }, userId, hasLeft, origin, settle, checked, isSettled: false, losses: 0 };
}
