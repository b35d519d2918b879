import { type Kysely, sql } from 'kysely';

/**
 * Puts an era in front of the feed's order, which is (era, transaction, id) now. Transaction numbers are a server's own: one
 * that a dump was restored on, or that was restored to an earlier moment, or that took over from another, gives numbers which
 * were given before. So every run of a server (from its start to its stop) that writes changes has an era of its own, above all
 * that are stored. What runs on another server can't write into an era any more, so the changes of former eras are settled.
 *
 * An era is a time in milliseconds, so that two databases restored from the same one don't begin the same era twice.
 * Only the latest row counts: a dump may come back to a server whose run is known from before.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table feed_eras (
    era bigint not null,
    server_start timestamptz not null,
    constraint feed_eras_pkey primary key (era)
  )`.execute(db);
  // A procedural function, since each of its statements sees what was committed before it, also within one statement of a caller.
  await sql`create function current_feed_era() returns bigint language plpgsql volatile as $$
    declare
      latest feed_eras;
    begin
      select * into latest from feed_eras order by era desc limit 1;
      if latest.server_start = pg_postmaster_start_time() then
        return latest.era;
      end if;
      perform pg_advisory_xact_lock(${sql.raw(String(lockId))});
      select * into latest from feed_eras order by era desc limit 1;
      if latest.server_start = pg_postmaster_start_time() then
        return latest.era;
      end if;
      insert into feed_eras (era, server_start) values (
        greatest(latest.era + 1, floor(extract(epoch from clock_timestamp()) * 1000)),
        pg_postmaster_start_time()
      ) returning * into latest;
      return latest.era;
    end
  $$`.execute(db);
  await sql`alter table changes
    add column era bigint not null default 0,
    drop constraint changes_pkey,
    add constraint changes_pkey primary key (organization_id, era, transaction, id)`.execute(db);
  await sql`alter table changes alter column era set default current_feed_era()`.execute(db);
}

/** Any number nobody else locks; "feed eras" on a telephone keypad. */
const lockId = 33333727;
