import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { ChangeKind } from '../changes/change.ts';
import type { Item } from './match.ts';
import { type Column, createColumnSql, defineColumn as column } from '../upsert/columns.ts';

type Value = string | number | boolean | null;

/** A record as a file wants it: keys are those of the table's columns here. */
export type Values = Readonly<Record<string, Value>>;

/** A record as a file wants it, numbered. */
type Wanted = Values & { readonly id: number };

/** One of the tables a file fills, all in the form `(organization_id, id, …)`. */
export type ProvisionedTable = {
  readonly name: string;
  readonly columns: readonly Column<string>[];
  /** What else an update sets. */
  readonly touch: RawBuilder<unknown>;
  /** As what the feed of changes tells of its rows, if it does. */
  readonly kind?: ChangeKind;
};

const recordColumns = [column('text', 'reference', 'reference'), column('text', 'name', 'name')];

function recordTable(name: string): ProvisionedTable {
  return { name, columns: recordColumns, touch: sql`` };
}

/** The tables a file fills, by its keys. */
export const tables = {
  users: recordTable('users'),
  paymentTypes: recordTable('payment_types'),
  customerSegmentations: recordTable('customer_segmentations'),
  regions: {
    name: 'regions',
    columns: [
      column('text', 'name', 'name'),
      column('integer', 'level', 'level'),
      column('bigint', 'parent_id', 'parentId'),
    ],
    touch: sql``,
  },
  customerCategories: {
    name: 'customer_categories',
    columns: [
      ...recordColumns,
      column('boolean', 'is_root', 'isRoot'),
      column('bigint', 'parent_id', 'parentId', 'parent'),
    ],
    touch: sql`, version = t.version + 1, last_updated = now()`,
    kind: 'customerCategory',
  },
} as const satisfies Record<string, ProvisionedTable>;

/** Lets everyone read these tables, but until the transaction ends nobody else write or number a row. */
export async function lockTables(trx: Database): Promise<void> {
  for (const { name } of Object.values(tables)) {
    await sql`lock table ${sql.table(name)} in share row exclusive mode`.execute(trx);
  }
}

/** All rows of an organization, their keys those of the columns here, and `id`. */
export async function readRows<Row>(trx: Database, organizationId: number, table: ProvisionedTable): Promise<Row[]> {
  const { select } = createColumnSql(table.columns);
  const { rows } = await sql<Row>`
    select t.id, ${select} from ${sql.table(table.name)} t where t.organization_id = ${organizationId}`.execute(trx);
  return rows;
}

/**
 * `count` ids that no row has. The given ones are passed over, now and by everything that numbers rows later; the table
 * must be locked, since a sequence that runs at the same time could be set back.
 */
async function takeIds(trx: Database, table: string, given: readonly number[], count: number): Promise<number[]> {
  const sequence = sql`pg_get_serial_sequence(${table}, 'id')::regclass`;
  if (given.length > 0) {
    const largest = given.reduce((a, b) => Math.max(a, b));
    await sql`select setval(${sequence}, greatest(${largest}::bigint, coalesce(pg_sequence_last_value(${sequence}), 0)))`.execute(
      trx,
    );
  }
  if (count === 0) return [];
  const { rows } = await sql<{ id: number }>`
    select nextval(${sequence}) as id from generate_series(1, ${count}::integer)`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Gives each item its id: its record's, else the given one, else a new one. */
export async function numberItems<Entry extends { readonly id?: number | undefined }>(
  trx: Database,
  table: ProvisionedTable,
  items: readonly Item<Entry>[],
  rows: readonly ({ readonly id: number } | undefined)[],
): Promise<readonly { readonly item: Item<Entry>; readonly id: number }[]> {
  const created = items.filter((_, position) => !rows[position]);
  const given = created.flatMap(({ entry }) => entry.id ?? []);
  const generated = (await takeIds(trx, table.name, given, created.length - given.length)).values();
  return items.map((item, position) => ({ item, id: rows[position]?.id ?? item.entry.id ?? requireNext(generated) }));
}

function requireNext(ids: Iterator<number>): number {
  const next = ids.next();
  if (next.done) throw new Error('The sequence gave too few ids.');
  return next.value;
}

/** How many records were created, updated, and found as the file wants them. */
export type Counts = { readonly created: number; readonly updated: number; readonly unchanged: number };

/** Writes what differs: in order, each record wanted beside the one that is there, if any. */
export async function writeRows(
  trx: Database,
  organizationId: number,
  table: ProvisionedTable,
  wanted: readonly Wanted[],
  rows: readonly (object | undefined)[],
): Promise<Counts> {
  const created = wanted.filter((_, position) => !rows[position]);
  const updated = wanted.filter((values, position) => {
    const row = rows[position];
    return row && differs(values, row);
  });
  const { insertInto, insertFrom, set, recordset } = createColumnSql(table.columns);
  const name = sql.table(table.name);
  const input = (list: readonly Values[]) =>
    sql`jsonb_to_recordset(${JSON.stringify(list)}::jsonb) as i (id bigint, ${recordset})`;
  if (created.length > 0) {
    await sql`
      insert into ${name} (organization_id, id, ${insertInto})
      select ${organizationId}::bigint, i.id, ${insertFrom} from ${input(created)}`.execute(trx);
    await recordChanges(trx, organizationId, table, created, () => undefined);
  }
  if (updated.length > 0) {
    await sql`
      update ${name} as t set ${set}${table.touch} from ${input(updated)}
      where t.organization_id = ${organizationId} and t.id = i.id`.execute(trx);
    const stored = new Map(wanted.map(({ id }, position) => [id, rows[position]]));
    await recordChanges(trx, organizationId, table, updated, ({ id }) => stored.get(id));
  }
  return {
    created: created.length,
    updated: updated.length,
    unchanged: wanted.length - created.length - updated.length,
  };
}

function differs(values: Values, row: object): boolean {
  const stored = new Map<string, unknown>(Object.entries(row));
  return Object.entries(values).some(([key, value]) => stored.get(key) !== value);
}

/** Tells the feed what was just written to a table that it tells of. */
async function recordChanges(
  trx: Database,
  organizationId: number,
  { name, kind, columns }: ProvisionedTable,
  written: readonly Wanted[],
  storedOf: (values: Wanted) => object | undefined,
): Promise<void> {
  if (!kind) return;
  const list = written.map((values, position) => {
    const stored = storedOf(values);
    // What a new record holds that is not its default.
    const before = new Map<string, unknown>(Object.entries(stored ?? { isRoot: false, parentId: null }));
    const changed = columns.filter(({ key }) => before.get(key) !== values[key]);
    return {
      position,
      id: values.id,
      outcome: stored ? 'updated' : 'created',
      changedFields: changed.map(({ field }) => field),
    };
  });
  await sql`
    insert into changes (organization_id, kind, record_id, reference, outcome, version, changed_fields, door)
    select t.organization_id, ${kind}, t.id, t.reference, i.outcome, t.version, i."changedFields", 'provisioning'
    from jsonb_to_recordset(${JSON.stringify(list)}::jsonb)
      as i (position integer, id bigint, outcome text, "changedFields" text[])
    join ${sql.table(name)} t on t.organization_id = ${organizationId} and t.id = i.id
    order by i.position`.execute(trx);
}
