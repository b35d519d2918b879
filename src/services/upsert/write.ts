import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { ChangeKind } from '../changes/change.ts';
import type { Stored } from '../records.ts';
import type { Change } from './types.ts';

/** How changes of one kind of record are written. */
export type WriteTarget<State> = {
  readonly table: string;
  readonly kind: ChangeKind;
  readonly columns: {
    readonly insertInto: RawBuilder<unknown>;
    readonly insertFrom: RawBuilder<unknown>;
    readonly set: RawBuilder<unknown>;
    readonly recordset: RawBuilder<unknown>;
  };
  /** Further common table expressions, each led by a comma; they may use `input` and `written`. */
  readonly alongside?: (organizationId: number) => RawBuilder<unknown>;
  readonly toJson: (change: Change<State>) => object;
};

/** The id that the table's next row gets. */
function nextId(table: string): RawBuilder<number> {
  return sql`nextval(pg_get_serial_sequence(${sql.lit(table)}, 'id'))`;
}

/** Draws ids for rows yet to be inserted. */
export async function drawIds(db: Database, table: string, count: number): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select ${nextId(table)} as id from generate_series(1, ${count}::integer)`.execute(db);
  return rows.map(({ id }) => id);
}

type WrittenRow = { position: number; id: number; version: number; date_created: Date; last_updated: Date };

/**
 * Writes all changes, and that they happened, in one statement and answers, in their order, what became of each:
 * undefined where another writer was first (the reference exists by now, or the version is another) and nothing was written.
 * Throws a unique or foreign key violation, having written nothing, where a rename, a root or a relation lost a race.
 */
export async function writeChanges<State>(
  db: Database,
  organizationId: number,
  target: WriteTarget<State>,
  changes: readonly Change<State>[],
): Promise<readonly (Stored | undefined)[]> {
  const { columns } = target;
  const table = sql.ref(target.table);
  const input = changes.map((change, position) => ({
    position,
    id: change.existing?.id ?? null,
    version: change.existing?.version ?? null,
    changedFields: change.changedFields,
    door: change.door,
    actorUserId: change.userId,
    newId: change.newId,
    ...target.toJson(change),
  }));
  const returning = sql.raw('t.id, t.reference, t.version, t.date_created, t.last_updated');
  const { rows } = await sql<WrittenRow>`
    with input as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(input)}::jsonb)
        as i (position integer, id bigint, version integer, "newId" bigint, "changedFields" text[], door text,
          "actorUserId" bigint, ${columns.recordset})
    ), inserted as (
      insert into ${table} as t (organization_id, id, ${columns.insertInto})
      select ${organizationId}::bigint, coalesce(i."newId", ${nextId(target.table)}), ${columns.insertFrom}
      from input i where i.id is null order by i.reference
      on conflict do nothing
      returning ${returning}
    ), updated as (
      update ${table} as t set ${columns.set}, version = t.version + 1, last_updated = now()
      from input i where t.organization_id = ${organizationId} and t.id = i.id and t.version = i.version
      returning ${returning}
    ), written as (
      select i.position, i."changedFields", i.door, i."actorUserId", w.*,
        case when i.id is null then 'created' else 'updated' end as outcome
      from (select * from inserted union all select * from updated) w
      join input i on i.reference = w.reference
    ), recorded as (
      insert into changes (
        organization_id, kind, record_id, reference, outcome, version, changed_fields, door, actor_user_id
      )
      select ${organizationId}::bigint, ${target.kind}, w.id, w.reference, w.outcome, w.version, w."changedFields", w.door,
        w."actorUserId"
      from written w order by w.position
    )${target.alongside?.(organizationId) ?? sql``}
    select position, id, version, date_created, last_updated from written`.execute(db);
  const written: (Stored | undefined)[] = changes.map(() => undefined);
  for (const row of rows) {
    written[row.position] = {
      id: row.id,
      version: row.version,
      dateCreated: row.date_created,
      lastUpdated: row.last_updated,
    };
  }
  return written;
}
