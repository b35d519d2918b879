import type { Stored } from '../records.ts';

/** A record as PostgreSQL's JSON brings it: its timestamps are ISO texts. */
export type Json<Row extends Stored> = Omit<Row, 'dateCreated' | 'lastUpdated'> & {
  readonly dateCreated: string;
  readonly lastUpdated: string;
};

type Dates = { dateCreated: Date; lastUpdated: Date };

/** A record whose timestamps are dates again. */
export type Revived<Row extends Stored> = Omit<Row, keyof Dates> & Dates;

/** The record with its timestamps as dates. It is the very object it was given, since a copy of it costs more than all the rest. */
export function reviveDates<Row extends Stored>(row: Json<Row>): Revived<Row> {
  const dates: Dates = { dateCreated: new Date(row.dateCreated), lastUpdated: new Date(row.lastUpdated) };
  return Object.assign(row, dates);
}
