import { type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/schema.ts';
import { defineStatement } from '../../db/statement.ts';
import type { ChangeKind } from '../changes/change.ts';
import type { Stored } from '../records.ts';
import { type Column, createColumnSql } from './columns.ts';
import type { Change } from './types.ts';

/** How changes of one kind of record are written. */
export type WriteTarget<State> = {
  readonly table: string;
  readonly kind: ChangeKind;
  readonly columns: readonly Column<keyof State & string>[];
};

/** Writes all changes, and that they happened, in one statement; see `createWriter`. */
export type WriteChanges<State> = (
  db: Database,
  organizationId: number,
  changes: readonly Change<State>[],
) => Promise<readonly (Stored | undefined)[]>;

/** The places and ids of the changes that were written, and when. Rows of their own would take ten times as long to read. */
type Written = { readonly positions: readonly number[]; readonly ids: readonly number[]; readonly moment: Date };

/** The id that the table's next row gets. The sequence is looked up once for a statement, not for each row. */
function nextId(table: string): RawBuilder<number> {
  return sql`nextval((select pg_get_serial_sequence(${sql.lit(table)}, 'id')::regclass))`;
}

/** Draws ids for rows yet to be inserted. */
export async function drawIds(db: Database, table: string, count: number): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select ${nextId(table)} as id from generate_series(1, ${count}::integer)`.execute(db);
  return rows.map(({ id }) => id);
}

type Outcome = 'created' | 'updated';

/** Writes changes of certain outcomes, and answers what was written, in one row. */
type Writing<State> = (
  db: Database,
  organizationId: number,
  changes: readonly Change<State>[],
) => Promise<readonly Written[]>;

/**
 * The writing of changes that have some of these outcomes; updates may do with the columns that change. Setting up the part of
 * another outcome would take a fifth of a lone write, and columns that stay as they are a third of an update.
 */
function defineWriting<State>(
  { table, kind, columns }: WriteTarget<State>,
  outcomes: readonly Outcome[],
): Writing<State> {
  const name = sql.ref(table);
  const { insertInto, insertFrom, set, recordset } = createColumnSql(columns);
  const stored = sql.raw('t.id, t.reference, t.version');
  const brought = sql.raw('i.position, i."changedFields", i.door, i."actorUserId"');
  const parts = {
    created: (organizationId: RawBuilder<number>) => sql`
    inserted as (
      insert into ${name} as t (organization_id, id, ${insertInto})
      select ${organizationId}::bigint, coalesce(i."newId", ${nextId(table)}), ${insertFrom}
      from input i where i.id is null order by i.reference
      on conflict (organization_id, reference) do nothing
      returning ${stored}
    ), created as (
      select t.*, ${brought}, 'created' as outcome from inserted t join input i on i.reference = t.reference
    )`,
    updated: (organizationId: RawBuilder<number>) => sql`
    updated as (
      update ${name} as t set ${set}, version = t.version + 1, last_updated = now()
      from input i where t.organization_id = ${organizationId}::bigint and t.id = i.id and t.version = i.version
      returning ${stored}, ${brought}, 'updated' as outcome
    )`,
  };
  const all = outcomes.map((outcome) => sql`table ${sql.ref(outcome)}`);
  const write = defineStatement<{ readonly organizationId: number; readonly input: string }, Written>(
    ({ organizationId, input }) => sql`
    with input as materialized (
      select * from json_to_recordset(${input}::json)
        as i (position integer, id bigint, version integer, "newId" bigint, "changedFields" text, door text,
          "actorUserId" bigint, ${recordset})
    ), ${sql.join(outcomes.map((outcome) => parts[outcome](organizationId)))}, written as (
      ${sql.join(all, sql` union all `)}
    ), recorded as (
      insert into changes (
        organization_id, era, kind, record_id, reference, outcome, version, changed_fields, door, actor_user_id
      )
      select ${organizationId}::bigint, (select current_feed_era()), ${sql.lit(kind)}, w.id, w.reference, w.outcome, w.version,
        w."changedFields"::text[], w.door, w."actorUserId"
      from written w order by w.position
    )
    select coalesce(json_agg(position), '[]') as positions, coalesce(json_agg(id), '[]') as ids, now() as moment from written`,
  );
  const render = createRender(columns);
  return (db, organizationId, changes) => write(db, { organizationId, input: `[${changes.map(render).join(',')}]` });
}

/** Writes a change as the JSON that the statement takes: what is null is left out, which halves the work on both sides. */
type Render<State> = (change: Change<State>, position: number) => string;

/** Text by text, since an object of forty parts costs three times as much to make and to write. */
function createRender<State>(columns: WriteTarget<State>['columns']): Render<State> {
  const parts = columns.map(({ key }) => ({ key, label: `,${JSON.stringify(key)}:` }));
  return (change, position) => {
    const { existing, next, newId, door, userId: actorUserId } = change;
    const { id, version } = existing ?? {};
    // PostgreSQL reads its own form of a list faster than that of JSON; names of fields need no quotes in it.
    const changedFields = `{${change.changedFields.join()}}`;
    const facts = { position, id, version, newId, changedFields, door, actorUserId };
    let json = JSON.stringify(facts).slice(0, -1);
    for (const { key, label } of parts) if (next[key] !== null) json += label + JSON.stringify(next[key]);
    return `${json}}`;
  };
}

/**
 * What is written by a statement of its own: sets of at most so many columns, once they have come as often as `uses`, and at
 * most so many sets, since each connection keeps each statement. Most sets that a mixed load makes never come again.
 */
const narrow = { columns: 20, uses: 3, statements: 32, counted: 1_000 };

/** Finds the writing for updates: of the columns that change in any of them where that is worthwhile, else of all. */
function defineUpdates<State>(target: WriteTarget<State>): (changes: readonly Change<State>[]) => Writing<State> {
  const whole = defineWriting(target, ['updated']);
  const writings = new Map<string, Writing<State>>();
  const counts = new LRUCache<string, number>({ max: narrow.counted });
  return (changes) => {
    const fields = new Set<string>();
    for (const { changedFields } of changes) for (const field of changedFields) fields.add(field);
    const changed = target.columns.filter(({ field }) => fields.has(field));
    if (changed.length === 0 || changed.length > narrow.columns) return whole;
    const name = changed.map(({ column }) => column).join();
    const known = writings.get(name);
    if (known || writings.size >= narrow.statements) return known ?? whole;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count < narrow.uses) return whole;
    const writing = defineWriting({ ...target, columns: changed }, ['updated']);
    writings.set(name, writing);
    return writing;
  };
}

/**
 * Creates the function that writes all changes, and that they happened, in one statement and answers, in their order, what
 * became of each: undefined where another writer was first (the reference exists by now, or the version is another) and
 * nothing was written. It throws a unique or foreign key violation, having written nothing, where a rename, a root or a
 * relation lost a race.
 */
export function createWriter<State>(target: WriteTarget<State>): WriteChanges<State> {
  const create = defineWriting(target, ['created']);
  const findUpdate = defineUpdates(target);
  const createAndUpdate = defineWriting(target, ['created', 'updated']);
  return async (db, organizationId, changes) => {
    const creating = changes.filter(({ existing }) => !existing).length;
    const write = creating === 0 ? findUpdate(changes) : creating === changes.length ? create : createAndUpdate;
    const [written] = await write(db, organizationId, changes);
    if (!written) throw new Error('The writing statement answered no row.');
    const { positions, ids, moment } = written;
    const idOf = new Map(positions.map((position, index) => [position, ids[index]]));
    return changes.map(({ existing }, position) => {
      const id = idOf.get(position);
      if (id === undefined) return undefined;
      const { version, dateCreated } = existing ?? { version: 0, dateCreated: moment };
      return { id, version: version + 1, dateCreated, lastUpdated: moment };
    });
  };
}
