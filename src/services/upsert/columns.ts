import { type RawBuilder, sql } from 'kysely';
import type { Stored } from '../records.ts';

/** One part of a record's state: its key there, its column, and the GraphQL input field `changedFields` names. */
export type Column<Key extends string> = {
  readonly key: Key;
  readonly column: string;
  readonly type: 'text' | 'boolean' | 'bigint' | 'bigint[]' | 'integer' | 'double precision' | 'jsonb' | 'timestamptz';
  readonly field: string;
};

/** A column; the input field is called like the key unless told otherwise. */
export function defineColumn<Key extends string>(
  type: Column<Key>['type'],
  column: string,
  key: Key,
  field: string = key,
): Column<Key> {
  return { key, column, type, field };
}

type AnyColumn = Column<string>;

/** The SQL fragments that read and write a record through JSON, where keys are those of its state. */
export function createColumnSql(columns: readonly AnyColumn[]): {
  select: RawBuilder<unknown>;
  insertInto: RawBuilder<unknown>;
  insertFrom: RawBuilder<unknown>;
  set: RawBuilder<unknown>;
  recordset: RawBuilder<unknown>;
} {
  const list = (write: (column: AnyColumn) => string) => sql.raw(columns.map(write).join(', '));
  return {
    select: list(({ column, key }) => `t.${column} as "${key}"`),
    insertInto: list(({ column }) => column),
    insertFrom: list(({ key }) => `i."${key}"`),
    set: list(({ column, key }) => `${column} = i."${key}"`),
    recordset: list(({ key, type }) => `"${key}" ${type}`),
  };
}

/** `id`, `version` and the timestamps, as `Stored` names them. */
export const storedColumns: readonly Column<keyof Stored>[] = [
  defineColumn('bigint', 'id', 'id'),
  defineColumn('integer', 'version', 'version'),
  defineColumn('timestamptz', 'date_created', 'dateCreated'),
  defineColumn('timestamptz', 'last_updated', 'lastUpdated'),
];

/** Those columns of the row aliased `t`. */
export const storedSql = createColumnSql(storedColumns).select;
