/** How a change came in. */
export type Door = 'rest' | 'graphql' | 'import' | 'provisioning';

export type ChangeKind = 'customer' | 'customerCategory';

/** A place in the feed: after the change of this key, before the next one. Without a change of its own its `id` is 0. */
export type FeedPosition = { readonly era: number; readonly transaction: number; readonly id: number };

/** One committed change of one record; `version` and `reference` are those it left. */
export type Change = {
  readonly position: FeedPosition;
  readonly kind: ChangeKind;
  readonly recordId: number;
  readonly reference: string;
  readonly outcome: 'created' | 'updated';
  readonly version: number;
  readonly changedFields: readonly string[];
  readonly door: Door;
  readonly actorUserId: number | null;
  readonly changedAt: Date;
};

/** The place before the first change. */
export const feedStart: FeedPosition = { era: 0, transaction: 0, id: 0 };

/** Below 0 where `a` comes before `b`, above 0 where it comes after, 0 for the same place. */
export function comparePositions(a: FeedPosition, b: FeedPosition): number {
  return a.era - b.era || a.transaction - b.transaction || a.id - b.id;
}

/** The place of a change as text for clients, who must not read it. */
export function formatCursor({ era, transaction, id }: FeedPosition): string {
  return Buffer.from(`${era}.${transaction}.${id}`).toString('base64url');
}

/** The place of a change that a cursor of `formatCursor` names; undefined for any other text. */
export function parseCursor(cursor: string): FeedPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!/^\d{1,16}\.\d{1,16}\.\d{1,16}$/.test(text)) return undefined;
  const [era = 0, transaction = 0, id = 0] = text.split('.').map(Number);
  const position = { era, transaction, id };
  const isPlace = id > 0 && Object.values(position).every(Number.isSafeInteger);
  return isPlace && formatCursor(position) === cursor ? position : undefined;
}
