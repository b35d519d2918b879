import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { openDatabase, type OpenDatabase } from '../src/db/client.ts';
import { isConnectionError, isForeignKeyViolation, isRetryable, isUniqueViolation } from '../src/db/errors.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import { inOrganization } from '../src/db/organization.ts';
import type { Database } from '../src/db/schema.ts';
import { planEachTime } from '../src/db/statement-names.ts';
import {
  type CustomerFilter,
  type CustomerOrderField,
  type CustomerOwner,
  createCustomerListing,
} from '../src/services/listing/customers.ts';
import type { Owners } from '../src/services/listing/definition.ts';
import type { OrderBy } from '../src/services/listing/order.ts';
import { createTestStorage, findDatabaseKind, openTestDatabase } from './support/database.ts';
import { failureOf } from './support/failure-of.ts';
import { migrateBefore } from './support/migrate-before.ts';
import { tries } from './support/tries.ts';

let open: OpenDatabase;
let db: Database;

beforeAll(async () => {
  open = await openTestDatabase();
  db = open.db;
});

afterAll(() => open[Symbol.asyncDispose]());

async function createOrganization(name: string, on = db): Promise<number> {
  const values = { name, folder: `${name}-1`, currency: 'EUR', currencies: ['EUR', 'USD'] };
  const { id } = await on.insertInto('organizations').values(values).returning('id').executeTakeFirstOrThrow();
  return id;
}

async function createRoot(organization_id: number, reference: string, on = db): Promise<number> {
  const values = { organization_id, reference, name: reference, is_root: true, parent_id: null, description: null };
  const { id } = await on.insertInto('customer_categories').values(values).returning('id').executeTakeFirstOrThrow();
  return id;
}

describe('planning', () => {
  it('happens once for all values, and of lists for those of each execution', async () => {
    const organization = inOrganization(db, await createOrganization('Planning'));
    const find = async (query: RawBuilder<{ mode: string }>) => (await query.execute(organization)).rows[0]?.mode;
    const once = () => find(sql`select current_setting('plan_cache_mode') as mode, ${1}::integer`);
    const list = () => find(sql`select current_setting('plan_cache_mode') as mode limit ${1}`);
    const marked = () => find(sql`${sql.raw(planEachTime)}select current_setting('plan_cache_mode') as mode`);
    for (const plan of [once, list, once, marked, once]) {
      expect(await plan()).toBe(plan === once ? 'force_generic_plan' : 'force_custom_plan');
    }
  });

  it('reads little more than is answered of names that begin with a text, of categories and of parents', async () => {
    const id = await createOrganization('Planned');
    const organization = inOrganization(db, id);
    const root = await createRoot(id, 'planned-root');
    const below = { organization_id: id, is_root: false, parent_id: root, description: null };
    const empty = await organization
      .insertInto('customer_categories')
      .values({ ...below, reference: 'empty', name: 'empty' })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sql`insert into customers (organization_id, reference, name, category_id, is_active, is_sub_customer,
        bill_with_parent, is_same_address, currency, on_hold)
      select ${id}, 'P-' || i, 'Name ' || i, ${root}, true, false, false, true, 'EUR', false
      from generate_series(1, 20000) i`.execute(organization);
    await sql`analyze customers`.execute(db);
    const customers = createCustomerListing(open);
    const wanted = { fields: ['name'], withRelations: false };
    const actor = { organization: { id, name: 'Planned', folder: 'p' }, userId: null };
    const countRead = async (
      filter: CustomerFilter,
      owners?: Owners<CustomerOwner>,
      orderBy: OrderBy<CustomerOrderField>[] = [],
    ) => {
      const count = async () => {
        await sql`select pg_stat_force_next_flush()`.execute(db);
        const { rows } = await sql<{ count: number }>`
          select idx_tup_fetch + seq_tup_read as count from pg_stat_user_tables where relname = 'customers'`.execute(
          db,
        );
        return rows[0]?.count ?? 0;
      };
      const before = await count();
      await customers.readPages(actor, customers.prepare({ first: 10 }, filter, orderBy, wanted), owners);
      return (await count()) - before;
    };
    expect(await countRead({ name: 'name 1999*' })).toBeLessThan(100);
    expect(await countRead({ category: { reference: 'empty' } })).toBeLessThan(100);
    expect(await countRead({ categorySubtree: { reference: 'empty' } })).toBeLessThan(100);
    for (const by of ['category', 'parent'] as const) {
      for (const field of ['id', 'name'] as const) {
        expect(await countRead({}, { by, ids: [empty.id] }, [{ field, direction: 'asc' }])).toBeLessThan(100);
      }
    }
  });
});

describe('values', () => {
  it('reads every type the schema uses as the same JavaScript value', async () => {
    const { rows } = await sql`
      select 7::bigint as id, 9007199254740991::bigint as largest, count(*) as counted, 12::integer as small,
        array[1, 9007199254740991, null]::bigint[] as ids, array[]::bigint[] as no_ids,
        array['EUR', null, 'a "b", {c}\\', 'NULL', '', 'é']::text[] as texts, array[]::text[] as no_texts,
        0.1::float8 as tenth, 1e300::float8 as huge, -5000::float8 as whole, true as yes, false as no,
        '2016-08-16T13:51:39.123456Z'::timestamptz as instant,
        '{"path":"é","nested":[1,null,{"deep":true}]}'::jsonb as object, '[1,"2"]'::jsonb as list, 'null'::jsonb as json_null,
        '5'::jsonb as json_number, null::jsonb as no_json, null::bigint as no_id, null::timestamptz as never, 'text' as text`.execute(
      db,
    );
    expect(rows).toStrictEqual([
      {
        id: 7,
        largest: Number.MAX_SAFE_INTEGER,
        counted: 1,
        small: 12,
        ids: [1, Number.MAX_SAFE_INTEGER, null],
        no_ids: [],
        texts: ['EUR', null, 'a "b", {c}\\', 'NULL', '', 'é'],
        no_texts: [],
        tenth: 0.1,
        huge: 1e300,
        whole: -5000,
        yes: true,
        no: false,
        instant: new Date('2016-08-16T13:51:39.123Z'),
        object: { path: 'é', nested: [1, null, { deep: true }] },
        list: [1, '2'],
        json_null: null,
        json_number: 5,
        no_json: null,
        no_id: null,
        never: null,
        text: 'text',
      },
    ]);
  });

  it('brings back any parameter as it was sent', async () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
    const values = fc.record({
      id: fc.maxSafeInteger(),
      ids: fc.array(fc.maxSafeInteger()),
      texts: fc.array(text),
      number: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      flag: fc.boolean(),
      instant: fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      text,
      json: fc.dictionary(text, fc.option(fc.oneof(text, fc.integer(), fc.boolean()))),
    });
    const property = fc.asyncProperty(values, async ({ id, ids, texts, number, flag, instant, text, json }) => {
      const { rows } = await sql`
        select ${id}::bigint as id, ${ids}::bigint[] as ids, ${texts}::text[] as texts, ${number}::float8 as number,
          ${flag}::boolean as flag, ${instant}::timestamptz as instant, ${text}::text as text,
          ${JSON.stringify(json)}::jsonb as json`.execute(db);
      expect(rows).toEqual([{ id, ids, texts, number, flag, instant, text, json: { ...json } }]);
    });
    await fc.assert(property, { ...tries(1_000), interruptAfterTimeLimit: 30_000 });
  });

  it('reads an image as it was stored, and tells how many rows a statement changed', async () => {
    const organization = await createOrganization('Images');
    const root = await createRoot(organization, 'root');
    const image = { path: '1/2.png', sha256: 'ab', width: 3, height: 4 };
    const update = db.updateTable('customer_categories').set({ image: JSON.stringify(image) });
    expect(await update.where('id', '=', root).executeTakeFirst()).toMatchObject({ numUpdatedRows: 1n });
    expect(await update.where('id', '=', -1).executeTakeFirst()).toMatchObject({ numUpdatedRows: 0n });
    const read = db.selectFrom('customer_categories').select(['image', 'date_created']).where('id', '=', root);
    expect(await read.executeTakeFirst()).toStrictEqual({ image, date_created: expect.any(Date) as Date });
  });
});

describe('constraints', () => {
  it('tells apart which unique key refused a row', async () => {
    const organization = await createOrganization('Unique');
    await createRoot(organization, 'root');
    const sameReference = await failureOf(createRoot(organization, 'root'));
    expect(isUniqueViolation(sameReference)).toBe(true);
    expect(isUniqueViolation(sameReference, 'customer_categories_reference_key')).toBe(true);
    expect(isUniqueViolation(sameReference, 'customer_categories_one_root')).toBe(false);
    const secondRoot = await failureOf(createRoot(organization, 'other'));
    expect(isUniqueViolation(secondRoot, 'customer_categories_one_root')).toBe(true);
    expect(isUniqueViolation(await failureOf(createOrganization('Unique')), 'organizations_name_key')).toBe(true);
    expect([isForeignKeyViolation(secondRoot), isRetryable(secondRoot), isConnectionError(secondRoot)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('refuses to name a row of another organization', async () => {
    const [mine, theirs] = [await createOrganization('Mine'), await createOrganization('Theirs')];
    const values = { reference: 'child', name: 'Child', is_root: false, description: null };
    const parent_id = await createRoot(theirs, 'root');
    const insert = db.insertInto('customer_categories').values({ ...values, organization_id: mine, parent_id });
    const error = await failureOf(insert.execute());
    expect([isForeignKeyViolation(error), isUniqueViolation(error), isRetryable(error)]).toEqual([true, false, false]);
  });

  describe('of payment types', () => {
    type Ids = readonly (number | null)[];

    /** Organizations with a root category and a payment type each, and what writes customers of the first. */
    async function prepare(name: string) {
      const [mine, theirs] = [await createOrganization(name), await createOrganization(`${name} (not mine)`)];
      const category_id = await createRoot(mine, 'root');
      const [known, foreign] = [await createPaymentType(mine), await createPaymentType(theirs)];
      const insert = (reference: string, ids: Ids, on = db) =>
        sql`
        insert into customers (organization_id, reference, name, category_id, is_active, is_sub_customer, bill_with_parent,
          is_same_address, currency, on_hold, payment_type_ids)
        values (${mine}, ${reference}, 'n', ${category_id}, true, false, false, true, 'EUR', false, ${ids}::bigint[])
      `.execute(on);
      const update = (ids: Ids) =>
        sql`update customers set payment_type_ids = ${ids}::bigint[] where organization_id = ${mine}`.execute(db);
      const remove = () => db.deleteFrom('payment_types').where('organization_id', '=', mine).execute();
      return { mine, known, foreign, insert, update, remove };
    }

    async function createPaymentType(organization_id: number, reference = 'cash'): Promise<number> {
      const insert = db.insertInto('payment_types').values({ organization_id, reference, name: 'Cash' });
      return (await insert.returning('id').executeTakeFirstOrThrow()).id;
    }

    it("refuses one that is not the organization's, or that is none, and a set that is not in order, each once", async () => {
      const { mine, known, foreign, insert, update } = await prepare('Named');
      const later = await createPaymentType(mine, 'later');
      await insert('keeps', [known]);
      for (const ids of [[foreign], [known, foreign], [known, known], [later, known], [null], [-1]]) {
        expect(isForeignKeyViolation(await failureOf(insert('new', ids)))).toBe(true);
        expect(isForeignKeyViolation(await failureOf(update(ids)))).toBe(true);
      }
      const stored = db.selectFrom('customers').select('payment_type_ids').where('reference', '=', 'keeps');
      expect(await stored.execute()).toStrictEqual([{ payment_type_ids: [known] }]);
    });

    it('keeps one as long as a customer names it', async () => {
      const { mine, known, insert, update, remove } = await prepare('Kept');
      await insert('names', [known]);
      expect(isForeignKeyViolation(await failureOf(remove()))).toBe(true);
      const types = db.updateTable('payment_types').where('organization_id', '=', mine);
      expect(isForeignKeyViolation(await failureOf(types.set({ id: known + 1000 }).execute()))).toBe(true);
      expect(await types.set({ id: known, name: 'Coins' }).executeTakeFirst()).toMatchObject({ numUpdatedRows: 1n });
      expect(isForeignKeyViolation(await failureOf(sql`truncate payment_types`.execute(db)))).toBe(true);
      await update([]);
      const blind = db.transaction().setIsolationLevel('repeatable read');
      const removing = blind.execute((trx) => trx.deleteFrom('payment_types').where('id', '=', known).execute());
      expect(await failureOf(removing)).toMatchObject({ code: '0A000' });
      await remove();
      expect(isForeignKeyViolation(await failureOf(update([known])))).toBe(true);
    });

    if (findDatabaseKind() === 'postgres')
      it('makes whoever deletes one wait for whoever is about to name it, and the other way round', async () => {
        const { known, insert, remove } = await prepare('Waited for');
        const deletion = await db.transaction().execute(async (transaction) => {
          await insert('first', [known], transaction);
          const removing = failureOf(remove());
          await waitForLock(transaction);
          return { removing };
        });
        expect(isForeignKeyViolation(await deletion.removing)).toBe(true);

        const other = await prepare('Waits');
        const naming = await db.transaction().execute(async (transaction) => {
          await sql`delete from payment_types where id = ${other.known}`.execute(transaction);
          const inserting = failureOf(other.insert('late', [other.known]));
          await waitForLock(transaction);
          return { inserting };
        });
        expect(isForeignKeyViolation(await naming.inserting)).toBe(true);
      });

    /** Waits until somebody waits for the transaction. */
    async function waitForLock(transaction: Database): Promise<void> {
      const waiting = sql`select pid from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))`;
      const find = async () => (await waiting.execute(transaction)).rows;
      await expect.poll(find, { timeout: 10_000, interval: 10 }).not.toStrictEqual([]);
    }
  });

  it('knows a failed serialization and a deadlock from what cannot be retried', async () => {
    const raise = (code: string) => sql`do ${sql.lit(`begin raise sqlstate '${code}'; end`)}`.execute(db);
    expect(isRetryable(await failureOf(raise('40001')))).toBe(true);
    expect(isRetryable(await failureOf(raise('40P01')))).toBe(true);
    expect(isRetryable(await failureOf(raise('23514')))).toBe(false);
    expect(isConnectionError(await failureOf(raise('08006')))).toBe(true);
  });
});

describe('transactions', () => {
  it('keeps all of a transaction or nothing', async () => {
    const error = await failureOf(
      db.transaction().execute(async (transaction) => {
        await createRoot(await createOrganization('Undone', transaction), 'root', transaction);
        throw new Error('changed my mind');
      }),
    );
    expect(error).toMatchObject({ message: 'changed my mind' });
    expect(await findOrganization('Undone')).toBeUndefined();
    await db.transaction().execute((transaction) => createOrganization('Done', transaction));
    expect(await findOrganization('Done')).toBeDefined();
  });

  it('serves the next statement after one that failed inside a transaction', async () => {
    const work = db.transaction().execute((transaction) => sql`select 1 / 0`.execute(transaction));
    expect(await failureOf(work)).toMatchObject({ code: '22012' });
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  });

  it('serves many statements at once', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    const answers = numbers.map((number) => sql<{ n: number }>`select ${number}::integer as n`.execute(db));
    expect((await Promise.all(answers)).map(({ rows }) => rows[0]?.n)).toEqual(numbers);
  });
});

async function findOrganization(name: string) {
  return db.selectFrom('organizations').select('id').where('name', '=', name).executeTakeFirst();
}

describe('migrations', () => {
  it('has nothing to do on a migrated database', async () => {
    expect(await migrateToLatest(db)).toEqual([]);
  });

  it('migrates an empty database once, and finds everything again when it is opened anew', async () => {
    await using storage = await createTestStorage({ withFolder: false });
    {
      await using first = await openDatabase(storage.settings);
      expect(first.kind).toBe(findDatabaseKind());
      const applied = await Promise.all([migrateToLatest(first.db), migrateToLatest(first.db)]);
      expect(applied.flat()).toEqual(Object.keys(migrations));
      await createOrganization('Kept', first.db);
    }
    await using second = await openDatabase(storage.settings);
    expect(await migrateToLatest(second.db)).toEqual([]);
    const names = await second.db.selectFrom('organizations').select('name').execute();
    expect(names).toEqual([{ name: 'Kept' }]);
  });

  it("moves customers' payment types into their rows, and nothing else", async () => {
    await using storage = await createTestStorage({ withFolder: false });
    await using earlier = await openDatabase(storage.settings);
    const { db: on } = earlier;
    const left = await migrateBefore(on, '0009-customers-payment-types');
    for (const name of ['One', 'Two']) {
      const organization = await createOrganization(name, on);
      await createRoot(organization, 'root', on);
    }
    await sql`
      insert into payment_types (organization_id, id, reference, name)
      select organization_id, id + n, 'type-' || n, 'n' from customer_categories, generate_series(1, 3) n`.execute(on);
    await sql`
      insert into customers (organization_id, reference, name, category_id, is_active, is_sub_customer, bill_with_parent,
        is_same_address, currency, on_hold)
      select organization_id, n::text, 'n', id, true, false, false, true, 'EUR', false
      from customer_categories, generate_series(0, 3) n`.execute(on);
    // The customer "2" of each has the second and the first, and so on; "0" has none.
    await sql`
      insert into customer_payment_types (organization_id, customer_id, payment_type_id)
      select c.organization_id, c.id, c.category_id + n from customers c, generate_series(3, 1, -1) n
      where n <= c.reference::integer`.execute(on);

    expect(await migrateToLatest(on)).toEqual(left);
    const { rows } = await sql`
      select reference, version, array(select id - category_id from unnest(payment_type_ids) id) as types
      from customers order by organization_id, reference`.execute(on);
    const moved = [[], [1], [1, 2], [1, 2, 3]].map((types, index) => ({ reference: String(index), version: 1, types }));
    expect(rows).toStrictEqual([...moved, ...moved]);
  });

  it('leaves a database that refuses values which are none', async () => {
    await using storage = await createTestStorage({ withFolder: false });
    await using filled = await openDatabase(storage.settings);
    const { db: on } = filled;
    await migrateToLatest(on);
    const organization = await createOrganization('Wrong', on);
    await createRoot(organization, 'root', on);
    await sql`
      insert into customers (organization_id, reference, name, category_id, is_active, is_sub_customer, bill_with_parent,
        is_same_address, currency, on_hold)
      select organization_id, 'c', 'n', id, true, false, false, true, 'EUR', false from customer_categories`.execute(
      on,
    );
    await sql`
      insert into changes (organization_id, era, kind, record_id, reference, outcome, version, changed_fields, door)
      values (${organization}, 0, 'customer', 1, 'c', 'created', 1, '{}', 'rest')`.execute(on);
    const wrong = [
      `customers set billing_lat = 90.5`,
      `customers set billing_lng = -180.5`,
      `customers set latitude = -91`,
      `customers set longitude = 'NaN'`,
      `customers set credit_limit = -0.01`,
      `customers set due_date_config_number = -1`,
      `customers set due_date_config_number = 1, due_date_config_type = 'daysBefore'`,
      `customers set due_date_config_type = 'daysAfterInvoiceDate'`,
      `customers set is_sub_customer = true`,
      `customers set bill_with_parent = true`,
      `changes set kind = 'user'`,
      `changes set outcome = 'deleted'`,
      `changes set door = 'back'`,
    ];
    const refusals = wrong.map(async (change) => failureOf(sql.raw(`update ${change}`).execute(on)));
    expect(await Promise.all(refusals)).toMatchObject(wrong.map(() => ({ code: '23514' })));
    const right = `latitude = 90, longitude = -180, credit_limit = 0, due_date_config_number = 0`;
    await sql.raw(`update customers set ${right}, due_date_config_type = 'daysAfterInvoiceDate'`).execute(on);
  });

  it('names the migration that failed, and keeps nothing of it', async () => {
    await using half = await openTestDatabase();
    await sql`drop table organizations cascade`.execute(half.db);
    await sql`delete from kysely_migration`.execute(half.db);
    await expect(migrateToLatest(half.db)).rejects.toThrow(
      /^Migration 0001-customers failed: .*"users" already exists/,
    );
    const { rows } = await sql`select to_regclass('organizations') as organizations`.execute(half.db);
    expect(rows).toEqual([{ organizations: null }]);
  });
});

it('closes once, however often it is disposed of, and knows a use after that for what it is', async () => {
  await using other = await openTestDatabase();
  await Promise.all([other[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  expect(await failureOf(sql`select 1`.execute(other.db))).toBeInstanceOf(Error);
});
