import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, LoadShape, Part } from '../bench.ts';
import { type Databases, query, tidy } from '../databases.ts';
import { importCustomers } from '../gateway-import.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { copyCustomers } from '../yardstick-copy.ts';

/**
 * So many rows for each second that counts that what a process does once weighs little: to start, and to compile what the first ten
 * thousand rows run through, takes half a second, of 400 000 rows a twentieth.
 */
const rowsPerSecond = 50_000;

/** How many rows the files have. */
export function countRows({ seconds }: LoadShape): number {
  return Math.max(1_000, seconds * rowsPerSecond);
}

/** A file of new customers and then one that changes them all, beside COPY and INSERT … ON CONFLICT. */
export const measureImport: Part = async (bench) => {
  await using folder = await createTemporaryFolder();
  const rows = countRows(bench.shape);
  const prefix = `I-${Date.now()}-`;
  for (const [kind, creditLimit] of [
    ['creates', 1],
    ['updates', 2],
  ] as const) {
    const file = path.join(folder.path, `${kind}.csv`);
    await writeFile(file, createCsv(prefix, rows, creditLimit));
    await measureFile(bench, kind, file, { prefix, rows, creditLimit });
  }
  await removeCustomers(bench.databases, prefix);
};

/** Brings the tables back to their size, without a look through all customers for the children of each that goes. */
async function removeCustomers({ gateway, yardstick }: Databases, prefix: string): Promise<void> {
  const chosen = `starts_with(reference, '${prefix}')`;
  await query(gateway, `delete from customers where ${chosen}`);
  await query(
    yardstick,
    `set session_replication_role = replica;
    delete from yardstick.customer_payment_types where customer_id in (select id from yardstick.customers where ${chosen});
    delete from yardstick.customers where ${chosen}`,
  );
}

type Expected = { readonly prefix: string; readonly rows: number; readonly creditLimit: number };

async function measureFile(
  { databases, hasPgbench, samples }: Bench,
  kind: 'creates' | 'updates',
  file: string,
  expected: Expected,
): Promise<void> {
  if (hasPgbench) {
    await tidy(databases);
    const seconds = await time(() => copyCustomers(databases.yardstick, file));
    await verify(databases.yardstick, 'yardstick.customers', expected);
    samples.add(`COPY ${kind} rows/s`, expected.rows / seconds);
  }
  await tidy(databases);
  const seconds = await time(() => importCustomers(databases.gateway, file));
  await verify(databases.gateway, 'customers', expected);
  samples.add(`import ${kind} rows/s`, expected.rows / seconds);
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function createCsv(prefix: string, rows: number, creditLimit: number): string {
  const header =
    'reference,name,categoryId,customerSegmentationId,userId,billingCity,billingCountry,email,phone,creditLimit,paymentTypes';
  const lines = Array.from(
    { length: rows },
    (_, index) =>
      `${prefix}${index},Marie's Jewelry ${index},jewelry,seg_a,emp-002,Nice,FR,marie@example.com,+33 4 00 00 00 00,${creditLimit},"[7,8]"`,
  );
  return `${[header, ...lines].join('\n')}\n`;
}

/** Throws unless every row of the file is in the table. */
async function verify(url: string, table: string, { prefix, rows, creditLimit }: Expected): Promise<void> {
  const [found] = await query<{ count: number }>(
    url,
    `select count(*)::int from ${table} where starts_with(reference, '${prefix}') and credit_limit = ${creditLimit}`,
  );
  if (found?.count !== rows) throw new Error(`Of ${rows} rows ${found?.count ?? 0} are in ${table}.`);
}
