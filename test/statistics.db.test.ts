import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findDatabaseKind } from './support/database.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await openTestGateway();
});

afterEach(() => gateway[Symbol.asyncDispose]());

/** Upserts `count` customers from number `start` on, each with `name` and its number. */
async function upsertMany(count: number, name: string, start = 0): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => start + index);
  const items = numbers.map((number) => ({
    input: { reference: `auto-${number}`, name: `${name} ${number}` },
    problems: [],
  }));
  const results = await upsertCustomers(gateway.deps, gateway.actor, items);
  expect(results.every(({ ok }) => ok)).toBe(true);
}

async function measureCustomers(): Promise<{ readonly counted: number; readonly bytes: number }> {
  const { rows } = await sql<{ counted: number; bytes: number }>`
    select reltuples as counted, pg_total_relation_size(oid) as bytes from pg_class
    where relname = 'customers'`.execute(gateway.database.db);
  return rows[0] ?? { counted: 0, bytes: 0 };
}

it('statistics are there once an empty database has been written to for a moment', async () => {
  expect(await measureCustomers()).toMatchObject({ counted: -1 });
  let count = 0;
  const writeOn = async () => {
    await upsertMany(500, 'Customer', count);
    count += 500;
    return (await measureCustomers()).counted;
  };
  await expect.poll(writeOn, { timeout: 60_000, interval: 1 }).toBeGreaterThan(1_000);
});

// A server's autovacuum sees to that, once in a minute.
if (findDatabaseKind() === 'pglite')
  it('an embedded database does not grow for ever while the same rows are changed again and again', async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      await upsertMany(500, `Round ${round}`);
      sizes.push((await measureCustomers()).bytes);
    }
    expect(sizes.at(-1)).toBeLessThan(1.25 * (sizes[23] ?? 0));
  });
