import { type RawBuilder, sql } from 'kysely';
import type { Stored } from '../records.ts';
import { type Column, storedColumns } from './columns.ts';
import { type Json, type Revived, reviveDates } from './json.ts';

/** How records come in one JSON value: `toSql` makes it of a query for their columns, `read` makes the records of it. */
export type RecordFormat<Row extends Stored, Answer> = {
  readonly toSql: (query: RawBuilder<unknown>) => RawBuilder<Answer>;
  readonly read: (answer: Answer) => readonly Revived<Row>[];
};

/** A JSON expression: the rows of a query, each as an object. */
export function rowsSql<Row>(query: RawBuilder<unknown>): RawBuilder<readonly Row[]> {
  return sql`(select coalesce(json_agg(r), '[]') from (${query}) r)`;
}

/** An object a record: for a few. */
export function createRowFormat<Row extends Stored>(): RecordFormat<Row, readonly Json<Row>[]> {
  return {
    toSql: rowsSql,
    read: (rows) => rows.map((row) => reviveDates<Row>(row)),
  };
}

/** The values of each column, in the order of the records; null where there is no record. */
type Lists = readonly (readonly unknown[] | null)[];

/** One date for all neighbours of one moment: most of what is read together was written together. */
function readMoments(texts: readonly unknown[]): readonly Date[] {
  let last = { text: '', date: new Date(0) };
  return texts.map((each) => {
    const text = String(each);
    if (last.text !== text) last = { text, date: new Date(text) };
    return last.date;
  });
}

/**
 * A list a column: for many records half the work on either side, since no name is written and read again and again. For a
 * few it is more, which goes into setting up forty aggregates.
 */
export function createColumnFormat<Row extends Stored>(
  columns: readonly Column<keyof Row & string>[],
): RecordFormat<Row, Lists> {
  const all = [...storedColumns, ...columns];
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(all.map(({ key }) => [key, null]));
  const lists = sql.join(all.map(({ key }) => sql`json_agg(r.${sql.ref(key)})`));
  return {
    toSql: (query) => sql`(select json_build_array(${lists}) from (${query}) r)`,
    read: (answer) => {
      const records = (answer[0] ?? []).map(() => ({ ...blank }));
      // Entries of an array are arrays themselves, here one for every value.
      all.forEach(({ key, type }, index) => {
        const list = answer[index] ?? [];
        const values = type === 'timestamptz' ? readMoments(list) : list;
        records.forEach((record, place) => {
          if (values[place] !== null) record[key] = values[place];
        });
      });
      // Each of them has exactly the columns of such a record.
      return records as unknown as readonly Revived<Row>[];
    },
  };
}
