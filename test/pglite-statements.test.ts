import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPglite } from '../src/db/pglite.ts';
import type { Database } from '../src/db/schema.ts';

let db: Database;

beforeAll(async () => {
  db = await openPglite({ dataDir: 'memory://' });
  await sql`create table things (id bigint primary key, name text not null, tags text[] not null default '{}',
    size double precision, kept boolean, made timestamptz, facts jsonb)`.execute(db);
});

afterAll(() => db.destroy());

async function countPrepared(text: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_prepared_statements where position(${text} in statement) > 0`.execute(db);
  return rows[0]?.count ?? 0;
}

describe('statements of the embedded database', () => {
  it('are prepared once, whatever their values', async () => {
    const add = (left: number, right: number) =>
      sql<{ sum: number }>`select ${left}::integer + ${right}::integer as sum, 'added'`.execute(db);
    expect((await add(1, 2)).rows[0]?.sum).toBe(3);
    expect((await add(40, 2)).rows[0]?.sum).toBe(42);
    // The one that looks is another.
    expect(await countPrepared(`as sum, 'added'`)).toBe(1);
  });

  it('are not prepared where they are lists, or no queries', async () => {
    await sql`select id from things order by name limit ${5}`.execute(db);
    await sql`create table others (id bigint)`.execute(db);
    expect(await countPrepared('order by name')).toBe(0);
    expect(await countPrepared('create table others')).toBe(0);
  });

  it('bring values of every type there and back', async () => {
    const made = new Date('2026-11-23T08:00:00.123Z');
    const tags = ['plain', 'with "quotes", \\ and ,', 'é', ''];
    const facts = { list: [1, null], text: "it's" };
    await sql`insert into things (id, name, tags, size, kept, made, facts) values
      (${9_007_199_254_740_991}, ${"Marie's"}, ${tags}, ${-0.25}, ${true}, ${made}, ${JSON.stringify(facts)}::jsonb)`.execute(
      db,
    );
    await sql`insert into things (id, name, size, kept, made, facts) values
      (${'2'}, ${''}, ${null}, ${undefined}, ${null}, ${null})`.execute(db);
    const { rows } = await sql`select * from things order by id desc`.execute(db);
    expect(rows).toEqual([
      { id: 9_007_199_254_740_991, name: "Marie's", tags, size: -0.25, kept: true, made, facts },
      { id: 2, name: '', tags: [], size: null, kept: null, made: null, facts: null },
    ]);
  });

  it('tell how many rows they changed', async () => {
    await sql`insert into things (id, name) values (${10}, ${'a'}), (${11}, ${'a'})`.execute(db);
    const update = await sql`update things set name = ${'b'} where name = ${'a'}`.execute(db);
    expect(update.numAffectedRows).toBe(2n);
  });

  it('leave the session as it was where they fail to be prepared or executed', async () => {
    await expect(sql`select ${1}::integer from nowhere`.execute(db)).rejects.toMatchObject({ code: '42P01' });
    const divide = (by: number) => sql<{ ratio: number }>`select 6 / ${by}::integer as ratio`.execute(db);
    await expect(divide(0)).rejects.toMatchObject({ code: '22012' });
    expect((await divide(3)).rows[0]?.ratio).toBe(2);
    const twice = sql`insert into things (id, name) values (${20}, ${'x'})`;
    await twice.execute(db);
    await expect(twice.execute(db)).rejects.toMatchObject({ code: '23505' });
  });

  it('stay prepared though the transaction that prepared them is rolled back', async () => {
    const insert = (id: number) => sql`insert into things (id, name) values (${id}, 'rolled' || 'back')`;
    const failed = db.transaction().execute(async (trx) => {
      await insert(30).execute(trx);
      throw new Error('Taken back.');
    });
    await expect(failed).rejects.toThrow('Taken back.');
    await insert(31).execute(db);
    const { rows } = await sql`select id from things where name = 'rolledback'`.execute(db);
    expect(rows).toEqual([{ id: 31 }]);
    expect(await countPrepared(`'rolled' || 'back'`)).toBe(1);
  });

  it('are good for whatever a table is turned into', async () => {
    const read = () => sql`select name from things where id = ${31}`.execute(db);
    expect((await read()).rows).toEqual([{ name: 'rolledback' }]);
    await sql`alter table things add column later text, drop column facts`.execute(db);
    expect((await read()).rows).toEqual([{ name: 'rolledback' }]);
  });
});
