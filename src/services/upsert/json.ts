import type { Stored } from '../records.ts';

/** A record as PostgreSQL's JSON brings it: its timestamps are ISO texts. */
export type Json<Row extends Stored> = Omit<Row, 'dateCreated' | 'lastUpdated'> & {
  readonly dateCreated: string;
  readonly lastUpdated: string;
};

/** The record with its timestamps as dates. */
export function reviveDates<Row extends Stored>(
  row: Json<Row>,
): Omit<Row, 'dateCreated' | 'lastUpdated'> & {
  dateCreated: Date;
  lastUpdated: Date;
} {
  return { ...row, dateCreated: new Date(row.dateCreated), lastUpdated: new Date(row.lastUpdated) };
}
