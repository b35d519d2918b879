import { sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Database } from '../../db/schema.ts';
import type { Change, FeedPosition } from './change.ts';

type Deps = { readonly db: Database };

/** What lies behind a place in the feed. */
export type ChangePage = {
  readonly changes: readonly Change[];
  /** There is more, ready to be read. */
  readonly hasNextPage: boolean;
  /** There is more that must wait, for a transaction that began before it and may still come in front of it. */
  readonly isHeldBack: boolean;
};

/** The oldest transaction under way: everything below it is committed and seen, or will never be. */
const horizon = sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;

/**
 * The first changes behind `after`, in an order that never changes any more: what commits later comes later in the feed,
 * so reading on from the last change of a page meets every change exactly once.
 */
export async function readChanges(
  { db }: Deps,
  actor: Actor,
  { after, first }: { readonly after: FeedPosition; readonly first: number },
): Promise<ChangePage> {
  const rows = await db
    .selectFrom('changes')
    .selectAll()
    .select(sql<boolean>`transaction < ${horizon}`.as('is_settled'))
    .where('organization_id', '=', actor.organization.id)
    .where(sql<boolean>`(transaction, id) > (${after.transaction}::bigint, ${after.id}::bigint)`)
    .orderBy('transaction')
    .orderBy('id')
    .limit(first + 1)
    .execute();
  const settled = rows.filter((row) => row.is_settled);
  const changes = settled.slice(0, first).map((row): Change => ({
    position: { transaction: row.transaction, id: row.id },
    kind: row.kind,
    recordId: row.record_id,
    reference: row.reference,
    outcome: row.outcome,
    version: row.version,
    changedFields: row.changed_fields,
    door: row.door,
    actorUserId: row.actor_user_id,
    changedAt: row.changed_at,
  }));
  return { changes, hasNextPage: settled.length > first, isHeldBack: settled.length < rows.length };
}

/** The place in the feed behind which everything lies that is not committed yet, and nothing that was long ago. */
export async function findFeedEnd({ db }: Deps): Promise<FeedPosition> {
  const {
    rows: [row],
  } = await sql<{ transaction: number }>`select ${horizon} as transaction`.execute(db);
  if (!row) throw new Error('The database did not tell its oldest transaction.');
  return { transaction: row.transaction, id: 0 };
}
