import { type Kysely, sql } from 'kysely';

/**
 * What happened to customers and categories, written together with the rows themselves. The feed's order is
 * (transaction, id). `transaction` is never below the writing transaction's own number, so that whatever is still under
 * way comes after everything below the oldest one running; and never below one that had finished when the row was
 * written, so that the changes of one record stay in the order of its versions, also where a transaction that got its
 * number early wrote late. No foreign keys: a change outlives what it tells of, and is only written beside rows that have them.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table changes (
    organization_id bigint not null,
    transaction bigint not null default greatest(
      pg_current_xact_id()::text::bigint,
      pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1
    ),
    id bigint generated always as identity,
    kind text not null,
    record_id bigint not null,
    reference text collate "C" not null,
    outcome text not null,
    version integer not null,
    changed_fields text[] not null,
    door text not null,
    actor_user_id bigint,
    changed_at timestamptz not null default now(),
    constraint changes_pkey primary key (organization_id, transaction, id),
    constraint changes_kind_check check (kind in ('customer', 'customerCategory')),
    constraint changes_outcome_check check (outcome in ('created', 'updated')),
    constraint changes_door_check check (door in ('rest', 'graphql', 'import', 'provisioning'))
  )`.execute(db);
  // Nothing searches by it, and statistics of lists are two thirds of what analyzing the table takes.
  await sql`alter table changes alter column changed_fields set statistics 0`.execute(db);
}
