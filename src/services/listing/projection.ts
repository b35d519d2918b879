import type { RawBuilder } from 'kysely';
import { type Column, createColumnSql, storedColumns } from '../upsert/columns.ts';
import type { Relation } from './related.ts';

/** What the rows of a list can be made of, beside `storedColumns`. */
type Source = {
  readonly columns: readonly Column<string>[];
  readonly relations: Readonly<Record<string, Relation<unknown>>>;
};

/** The key that each field is made of. */
function mapFields({ columns, relations }: Source): ReadonlyMap<string, string> {
  const keys = new Map(columns.map(({ field, key }) => [field, key]));
  for (const [field, { column }] of Object.entries(relations)) {
    const named = columns.find((each) => each.column === column);
    if (named) keys.set(field, named.key);
  }
  return keys;
}

/**
 * Answers what to select, for fields, of rows aliased `t`: their own columns, or all where one may be made of any. `id` is
 * always among them.
 */
export function createProjection(source: Source): (fields: readonly string[]) => RawBuilder<unknown> {
  const columns = [...storedColumns, ...source.columns];
  const keysByField = mapFields({ ...source, columns });
  return (fields) => {
    const keys = new Set(['id', ...fields.map((field) => keysByField.get(field))]);
    return createColumnSql(columns.filter(({ key }) => keys.has(undefined) || keys.has(key))).select;
  };
}
