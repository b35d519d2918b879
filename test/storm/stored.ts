import { nameAfter, parentAfter } from './doors.ts';
import type { FeedEntry, StoredRecord } from './ledger.ts';
import type { PostgresNode } from './postgres.ts';
import { referencePrefix } from './traffic.ts';

type Row = {
  readonly reference: string;
  readonly name: string;
  readonly version: number;
  /** Of a customer. */
  readonly credit: number | null;
  /** The reference of a category's parent. */
  readonly parent: string | null;
};

/** Name and credit limit, or name and parent, come from one write, or the record is torn. */
function rowToRecord({ reference, name, credit, parent, version }: Row): StoredRecord {
  const write = { reference, value: credit ?? Number(name.split(' ').at(-1)) };
  const isWhole = name === nameAfter(write) && (credit !== null || parent === parentAfter(write));
  return { reference, value: isWhole ? write.value : null, version };
}

/** Every record of the storm, as it is in the database. */
export async function readRecords(postgres: PostgresNode): Promise<StoredRecord[]> {
  const rows = await postgres.query<Row>(
    `select reference, name, version, credit_limit::integer as credit, null as parent
     from customers where starts_with(reference, $1)
     union all
     select category.reference, category.name, category.version, null, parent.reference
     from customer_categories category join customer_categories parent on parent.id = category.parent_id
     where starts_with(category.reference, $1)`,
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
