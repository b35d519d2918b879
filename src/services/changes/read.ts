import { type Selectable, sql } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { ChangesTable, Database } from '../../db/schema.ts';
import { databaseOf } from '../deps.ts';
import { CursorExpiredError } from '../errors.ts';
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

/** The oldest transaction under way: everything of this era below it is committed and seen, or will never be. */
const horizon = sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;

/** The era of this run of the server; null until something is written in it. */
const currentEra = sql<number | null>`(
  select case when server_start = pg_postmaster_start_time() then era end from feed_eras order by era desc limit 1
)`;

/**
 * Whether nothing can come in front of a change any more. What came before this run of the server is settled; a standby
 * follows the run of another.
 */
export const isSettled = sql<boolean>`(
  transaction < ${horizon} or era is distinct from ${currentEra} and not pg_is_in_recovery()
)`;

function isAt({ era, transaction, id }: FeedPosition, row: Selectable<ChangesTable>): boolean {
  return row.era === era && row.transaction === transaction && row.id === id;
}

function rowToChange(row: Selectable<ChangesTable>): Change {
  return {
    position: { era: row.era, transaction: row.transaction, id: row.id },
    kind: row.kind,
    recordId: row.record_id,
    reference: row.reference,
    outcome: row.outcome,
    version: row.version,
    changedFields: row.changed_fields,
    door: row.door,
    actorUserId: row.actor_user_id,
    changedAt: row.changed_at,
  };
}

/**
 * The first changes behind `after`, in an order that never changes any more: what commits later comes later in the feed,
 * so reading on from the last change of a page meets every change exactly once. Throws a `CursorExpiredError` where the
 * change of `after` is no longer in the feed, so that changes behind it may be missing too.
 */
export async function readChanges(
  deps: Deps,
  actor: Actor,
  { after, first }: { readonly after: FeedPosition; readonly first: number },
): Promise<ChangePage> {
  const isChange = after.id > 0;
  const rows = await databaseOf(deps, actor)
    .selectFrom('changes')
    .selectAll()
    .select(isSettled.as('is_settled'))
    .where('organization_id', '=', actor.organization.id)
    .where(
      sql<boolean>`(era, transaction, id) >= (${after.era}::bigint, ${after.transaction}::bigint, ${after.id}::bigint)`,
    )
    .orderBy('era')
    .orderBy('transaction')
    .orderBy('id')
    // The change of `after` is read along: in one statement, pruning can't come between.
    .limit(first + (isChange ? 2 : 1))
    .execute();
  const [start] = rows;
  if (isChange && !(start && isAt(after, start))) throw new CursorExpiredError();
  const behind = isChange ? rows.slice(1) : rows;
  const settled = behind.filter((row) => row.is_settled);
  return {
    changes: settled.slice(0, first).map(rowToChange),
    hasNextPage: settled.length > first,
    isHeldBack: settled.length < behind.length,
  };
}

/** The place in the feed behind which everything lies that is not committed yet, and nothing that was long ago. */
export async function findFeedEnd({ db }: Deps): Promise<FeedPosition> {
  const {
    rows: [row],
  } = await sql<{ era: number; transaction: number }>`
    select coalesce(max(era), 0) as era,
      case when ${currentEra} is null then ${Number.MAX_SAFE_INTEGER}::bigint else ${horizon} end as transaction
    from feed_eras`.execute(db);
  if (!row) throw new Error('The database did not tell its oldest transaction.');
  return { era: row.era, transaction: row.transaction, id: 0 };
}
