/** How a change came in. */
export type Door = 'rest' | 'graphql' | 'provisioning';

export type ChangeKind = 'customer' | 'customerCategory';

/** A place in the feed: after this change, before the next one. */
export type FeedPosition = { readonly transaction: number; readonly id: number };

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
export const feedStart: FeedPosition = { transaction: 0, id: 0 };

/** A place in the feed as text for clients, who must not read it. */
export function formatCursor({ transaction, id }: FeedPosition): string {
  return Buffer.from(`${transaction}.${id}`).toString('base64url');
}

/** The place that a cursor of `formatCursor` names; undefined for any other text. */
export function parseCursor(cursor: string): FeedPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!/^\d{1,16}\.\d{1,16}$/.test(text)) return undefined;
  const [transaction = 0, id = 0] = text.split('.').map(Number);
  const position = { transaction, id };
  return Number.isSafeInteger(transaction) && Number.isSafeInteger(id) && formatCursor(position) === cursor
    ? position
    : undefined;
}
