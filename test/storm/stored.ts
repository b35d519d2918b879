import { nameAfter } from './doors.ts';
import type { FeedEntry, StoredRecord } from './ledger.ts';
import type { PostgresNode } from './postgres.ts';
import { referencePrefix } from './traffic.ts';

type Row = {
  readonly reference: string;
  readonly name: string;
  readonly credit: number | null;
  readonly version: number;
};

/** Name and credit limit come from one write, or the record is torn. */
function rowToRecord({ reference, name, credit, version }: Row): StoredRecord {
  const isWhole = credit !== null && name === nameAfter({ reference, value: credit });
  return { reference, value: isWhole ? credit : null, version };
}

/** Every record of the storm, as it is in the database. */
export async function readRecords(postgres: PostgresNode): Promise<StoredRecord[]> {
  const rows = await postgres.query<Row>(
    `select reference, name, credit_limit::integer as credit, version from customers where starts_with(reference, $1)`,
    [referencePrefix],
  );
  return rows.map(rowToRecord);
}

/** Every change of them, in the order of the feed. */
export function readFeed(postgres: PostgresNode): Promise<FeedEntry[]> {
  return postgres.query<FeedEntry>(
    `select reference, version, outcome from changes where starts_with(reference, $1) order by era, transaction, id`,
    [referencePrefix],
  );
}
