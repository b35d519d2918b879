import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../src/actor.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import { enterOrganization, inOrganization, outsideOrganizations } from '../src/db/organization.ts';
import type { Database } from '../src/db/schema.ts';
import { parseOrganizationFile } from '../src/provision-file.ts';
import { feedStart } from '../src/services/changes/change.ts';
import { pruneChanges } from '../src/services/changes/prune.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { customerModel } from '../src/services/customers/upsert.ts';
import { provision } from '../src/services/provisioning.ts';
import { type Services, createServices } from '../src/services/services.ts';
import { keepApiKey } from '../src/services/api-keys.ts';
import { previewList } from '../src/services/upsert/preview.ts';
import { takeOutOwnConditions } from './support/own-conditions.ts';
import {
  type TwoOrganizations,
  listOrganizationTables,
  marks,
  openTwoOrganizations,
  foreignCategories,
} from './support/two-organizations.ts';

type Call = (services: Services, actor: Actor, db: Database) => Promise<unknown>;

type Writing = 'upsertCustomer' | 'upsertCustomers' | 'upsertCustomerCategory' | 'upsertCustomerCategories';

const wanted = { fields: ['name', 'city', 'customerCategory', 'createdBy', 'paymentTypes'], withRelations: true };
const named = [{ reference: 'c-1' }, { reference: marks.other }, { reference: marks.own }];
const keys = ['emp-001', 'cash', 'seg_a', 'root', 'jewelry'].map((reference) => ({ reference }));

/** Every way in which the services read, so that none can be forgotten: `users` is `findUsers`, the others are asked before an organization is known. */
const reads: Readonly<Record<Exclude<keyof Services, 'organizations' | 'apiKeys' | 'users' | Writing>, Call>> = {
  customers: async ({ customers }, actor) => {
    const query = customers.prepare({ first: 50 }, { name: '*c-*' }, [{ field: 'name', direction: 'asc' }], wanted);
    const ofCategory = customers.prepare({ last: 50 }, {}, [], wanted);
    return [
      await customers.readPages(actor, query),
      await customers.readPages(actor, ofCategory, { by: 'category', ids: [2] }),
      await customers.count(actor, customers.prepare({}, {}, [], wanted)),
    ];
  },
  customerCategories: async ({ customerCategories }, actor) => {
    const query = customerCategories.prepare({}, {}, [], { fields: ['name', 'parent'], withRelations: true });
    return customerCategories.readPages(actor, query);
  },
  listCategoryAncestors: ({ listCategoryAncestors }, actor) =>
    listCategoryAncestors(actor, [2, 3, ...foreignCategories]),
  readChanges: ({ readChanges }, actor) => readChanges(actor, { after: feedStart, first: 100 }),
  followChanges: async ({ followChanges }, actor) => {
    const isMarked = ({ reference }: { reference: string }) => reference === marks.own || reference === marks.other;
    await using changes = await followChanges(actor, feedStart, isMarked);
    return await changes.next();
  },
  findCustomers: ({ findCustomers }, actor) => findCustomers(actor, named),
  findCustomerCategories: ({ findCustomerCategories }, actor) => findCustomerCategories(actor, keys),
  readSettings: ({ readSettings }, actor) => readSettings(actor),
  listUsers: ({ listUsers }, actor) => listUsers(actor),
  listPaymentTypes: ({ listPaymentTypes }, actor) => listPaymentTypes(actor),
  listCustomerSegmentations: ({ listCustomerSegmentations }, actor) => listCustomerSegmentations(actor),
  listRegions: ({ listRegions }, actor) => listRegions(actor),
  findUsers: ({ findUsers }, actor) => findUsers(actor, keys),
  findPaymentTypes: ({ findPaymentTypes }, actor) => findPaymentTypes(actor, keys),
  findCustomerSegmentations: ({ findCustomerSegmentations }, actor) => findCustomerSegmentations(actor, keys),
  findRegions: ({ findRegions }, actor) => findRegions(actor, ['1', '2', '3']),
};

const item = (input: UpsertCustomerInput) => ({ input, problems: [] });
const rules = { onError: 'skipFailed', onDuplicate: 'reject' } as const;

/** Every way in which organizations are written to, each with what has to be in the answer. */
const writes: readonly (readonly [name: string, call: Call, answer: RegExp])[] = [
  ['an update', ({ upsertCustomer }, as) => upsertCustomer(as, item({ reference: 'c-1', city: 'Nice' })), /"updated"/],
  [
    'a change of what it is linked to',
    ({ upsertCustomer }, as) => upsertCustomer(as, item({ reference: 'c-2', paymentTypes: [{ id: '8' }] })),
    /"paymentTypeIds":\[8\]/,
  ],
  [
    'a customer with a reference that another organization has',
    ({ upsertCustomer }, as) => upsertCustomer(as, item({ reference: marks.other, name: 'n' })),
    /"created"/,
  ],
  [
    'a rename',
    ({ upsertCustomer }, as) => upsertCustomer(as, item({ reference: 'c-3', newReference: 'c-33' })),
    /"updated"/,
  ],
  [
    'a move, under its lock',
    ({ upsertCustomer }, as) =>
      upsertCustomer(as, item({ reference: 'c-4', isSubCustomer: true, parentCustomer: { reference: 'c-5' } })),
    /"updated"/,
  ],
  [
    'what is only tried',
    ({ upsertCustomer }, as) => upsertCustomer(as, item({ reference: 'c-5', name: 'tried' }), { validateOnly: true }),
    /"updated"/,
  ],
  [
    'many at once',
    ({ upsertCustomers }, as) =>
      upsertCustomers(as, [item({ reference: 'c-6', city: 'Lyon' }), item({ reference: 'c-new', name: 'n' })], rules),
    /"created":1,"updated":1/,
  ],
  [
    'many as one',
    ({ upsertCustomers }, as) =>
      upsertCustomers(as, [item({ reference: 'c-7', city: 'Lyon' })], { ...rules, onError: 'rejectAll' }),
    /"updated":1/,
  ],
  [
    'a category',
    ({ upsertCustomerCategory }, as) =>
      upsertCustomerCategory(as, { input: { reference: 'jewelry', description: 'd' }, problems: [] }),
    /"updated"/,
  ],
  [
    'many categories',
    ({ upsertCustomerCategories }, as) =>
      upsertCustomerCategories(
        as,
        ['jewelry', 'new'].map((reference) => ({
          input: { reference, name: 'n', isRoot: false, parent: { reference: 'root' } },
          problems: [],
        })),
        rules,
      ),
    /"created":1,"updated":1/,
  ],
  [
    'the preview of an import',
    (_, as, db) => previewList(customerModel, db, as, [item({ reference: 'c-8', name: 'm' })]),
    /"updated"/,
  ],
  [
    'provisioning',
    async (_, __, db) => {
      const text = (await readFile('examples/entity1.yaml', 'utf8')).replace('Alice Martin', 'Alice Petit');
      return provision(db, parseOrganizationFile(text, 'changed.yaml'), new Date());
    },
    /"users":\{"created":0,"updated":3/,
  ],
  ['pruning', (_, __, db) => pruneChanges({ db }, 90).then((removed) => ({ removed })), /"removed":[1-9]/],
];

/** Two organizations whose statements have lost their own conditions. */
async function openWithoutOwnConditions() {
  const two = await openTwoOrganizations();
  const { db } = two.gateway.database;
  await sql`update changes set changed_at = now() - interval '100 days'
    where organization_id = ${two.own.organization.id} and reference <> ${marks.own}`.execute(db);
  const counts = [inOrganization(db, two.own.organization.id), outsideOrganizations(db)].map(takeOutOwnConditions);
  const services = createServices(two.gateway.deps);
  return { two, db, services, countRemoved: () => counts.reduce((sum, { removed }) => sum + removed, 0) };
}

type Unconditioned = Awaited<ReturnType<typeof openWithoutOwnConditions>>;

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (each instanceof Map ? [...each.values()] : each));

describe('queries without a condition of their own', () => {
  let opened: Unconditioned;
  let untouched: string;

  beforeAll(async () => {
    opened = await openWithoutOwnConditions();
    untouched = await opened.two.readOther();
  });

  afterAll(() => opened.two[Symbol.asyncDispose]());

  it.each(Object.entries(reads))('see no foreign row: %s', async (_, read) => {
    const before = opened.countRemoved();
    const ask = async () => textOf(await read(opened.services, opened.two.own, opened.db));
    // Changes come into the feed once older transactions have ended, those of other tests too.
    await expect.poll(ask, { timeout: 120_000 }).toContain(marks.own);
    const answer = await ask();
    expect(answer).toContain(marks.own);
    expect(answer).not.toContain(marks.other);
    expect(opened.countRemoved()).toBeGreaterThan(before);
  });

  it.each(writes)('touch no foreign row: %s', async (_, write, expected) => {
    const before = opened.countRemoved();
    const answer = textOf(await write(opened.services, opened.two.own, opened.db));
    expect(answer).toMatch(expected);
    expect(await opened.two.readOther()).toBe(untouched);
    expect(opened.countRemoved()).toBeGreaterThan(before);
  });
});

/** That the tests above would notice. */
describe('queries without a condition of their own, and without policies', () => {
  let opened: Unconditioned;

  beforeAll(async () => {
    opened = await openWithoutOwnConditions();
    for (const table of [...(await listOrganizationTables(opened.db)), 'organizations']) {
      await sql`alter table ${sql.table(table)} disable row level security`.execute(opened.db);
    }
  });

  afterAll(() => opened.two[Symbol.asyncDispose]());

  it.each(Object.entries(reads))('see foreign rows: %s', async (_, read) => {
    const seen = async () => textOf(await read(opened.services, opened.two.own, opened.db));
    await expect.poll(seen, { timeout: 120_000 }).toContain(marks.other);
  });

  it('touch foreign rows', async () => {
    // With the settings of two organizations no customer could be written at all.
    await sql`alter table organizations enable row level security`.execute(opened.db);
    const touched: string[] = [];
    for (const [name, write] of writes) {
      const before = await opened.two.readOther();
      await write(opened.services, opened.two.own, opened.db).catch(() => undefined);
      if ((await opened.two.readOther()) !== before) touched.push(name);
    }
    const expected = ['a customer with a reference that another organization has', 'a category', 'many categories'];
    expect(touched).toEqual(expect.arrayContaining(expected));
  });
});

describe('the policies', () => {
  let two: TwoOrganizations;
  let db: Database;
  let ownId: number;
  let otherId: number;

  beforeAll(async () => {
    two = await openTwoOrganizations(1);
    ({ db } = two.gateway.database);
    ownId = two.own.organization.id;
    otherId = two.other.organization.id;
  });

  afterAll(() => two[Symbol.asyncDispose]());

  /** The tables of organizations but the one that tells whose a key is. */
  const listKeptApart = async () => (await listOrganizationTables(db)).filter((name) => name !== 'api_keys');

  const countUsers = (of: Database) => of.selectFrom('users').select('organization_id').distinct().execute();

  it('are on every table that has an organization, bind its owner, and are all there is', async () => {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c
      join pg_policy p on p.polrelid = c.oid and p.polcmd = '*' and p.polpermissive
        and pg_get_expr(p.polqual, c.oid) = '(organization_id = current_organization())'
        and pg_get_expr(p.polwithcheck, c.oid) = '(organization_id = current_organization())'
      where c.relrowsecurity and c.relforcerowsecurity and c.relnamespace = current_schema()::regnamespace
        and (select count(*) from pg_policy other where other.polrelid = c.oid) = 1
      order by 1`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual(await listKeptApart());
    expect(rows).toHaveLength(7);
  });

  it('show API keys to whoever is in no organization yet, and inside of one only its own', async () => {
    for (const { organization } of [two.own, two.other]) {
      const entry = {
        prefix: `cgw_${organization.id}`,
        hash: String(organization.id).padStart(64, '0'),
        scopes: ['read'] as const,
      };
      const times = { createdAt: new Date(), expiresAt: null };
      await keepApiKey(db, organization, { name: 'ERP', user: undefined, ...entry, ...times });
    }
    const listOwners = async (of: Database) =>
      (await of.selectFrom('api_keys').select('organization_id').execute()).map(({ organization_id: id }) => id);
    expect(new Set(await listOwners(outsideOrganizations(db)))).toEqual(new Set([ownId, otherId]));
    expect(await listOwners(inOrganization(db, ownId))).toEqual([ownId]);
    const change = inOrganization(db, ownId).updateTable('api_keys').set({ organization_id: otherId });
    await expect(change.execute()).rejects.toThrow('row-level security');
  });

  it('raise where no organization is set, also after a transaction that had one', async () => {
    for (const name of await listKeptApart()) {
      const count = sql`select count(*) from ${sql.table(name)}`;
      await expect(count.execute(outsideOrganizations(db))).rejects.toThrow('no organization is set');
      expect((await count.execute(inOrganization(db, ownId))).rows).toHaveLength(1);
      await expect(count.execute(outsideOrganizations(db))).rejects.toThrow('no organization is set');
    }
    const insert = outsideOrganizations(db)
      .insertInto('users')
      .values({ organization_id: ownId, reference: 'r', name: 'n' });
    await expect(insert.execute()).rejects.toThrow('no organization is set');
  });

  it('let nobody write a row of another organization, or give one away', async () => {
    const mine = inOrganization(db, ownId);
    const insert = mine.insertInto('users').values({ organization_id: otherId, reference: 'r', name: 'n' });
    await expect(insert.execute()).rejects.toMatchObject({ code: '42501' });
    const give = mine.updateTable('users').set({ organization_id: otherId }).where('reference', '=', 'emp-003');
    await expect(give.execute()).rejects.toMatchObject({ code: '42501' });
    const before = await two.readOther();
    await sql`delete from changes`.execute(mine);
    await sql`update customers set name = 'mine'`.execute(mine);
    expect(await two.readOther()).toBe(before);
    expect(before).toContain(`${marks.other} c-1`);
  });

  it('hide the settings of other organizations, but tell who is in none what organizations there are', async () => {
    const names = async (of: Database) => (await of.selectFrom('organizations').select('name').execute()).length;
    expect([await names(inOrganization(db, ownId)), await names(outsideOrganizations(db))]).toEqual([1, 2]);
    const rename = inOrganization(db, ownId).updateTable('organizations').set({ currency: 'EUR' });
    expect(await rename.where('id', '=', otherId).executeTakeFirst()).toMatchObject({ numUpdatedRows: 0n });
  });

  it('bind again where the role that they bind was lost, as on a server that a dump came to', async () => {
    await sql`drop owned by customer_gateway_app`.execute(db);
    await expect(countUsers(inOrganization(db, ownId))).rejects.toThrow('permission denied');
    expect(await migrateToLatest(db)).toEqual([]);
    expect(await countUsers(inOrganization(db, ownId))).toEqual([{ organization_id: ownId }]);
  });

  it('cannot be put aside by a statement of an organization', async () => {
    const mine = inOrganization(db, ownId);
    await expect(sql`alter table users disable row level security`.execute(mine)).rejects.toThrow(/must be owner/);
    const off = mine.transaction().execute(async (trx) => {
      await sql`set local row_security = off`.execute(trx);
      await countUsers(trx);
    });
    await expect(off).rejects.toThrow(/would be affected by row-level security/);
  });

  it('hold for each organization in its turn on one connection, whatever failed before', async () => {
    for (const id of [ownId, otherId, ownId]) {
      const theirs = inOrganization(db, id);
      await expect(sql`select 1 / 0 from users`.execute(theirs)).rejects.toThrow(/division by zero/);
      expect(await countUsers(theirs)).toEqual([{ organization_id: id }]);
      const failed = theirs.transaction().execute(async (trx) => {
        expect(await countUsers(trx)).toEqual([{ organization_id: id }]);
        await sql`select 1 / 0 from users`.execute(trx);
      });
      await expect(failed).rejects.toThrow(/division by zero/);
      await expect(countUsers(outsideOrganizations(db))).rejects.toThrow('no organization is set');
    }
    expect(await countUsers(db)).toHaveLength(2);
  });
});

describe('a database of an organization', () => {
  let two: TwoOrganizations;

  beforeAll(async () => {
    two = await openTwoOrganizations();
  });

  afterAll(() => two[Symbol.asyncDispose]());

  it('becomes that of no other organization', async () => {
    const { db } = two.gateway.database;
    const mine = inOrganization(db, two.own.organization.id);
    expect(inOrganization(mine, two.own.organization.id)).toBe(mine);
    expect(() => inOrganization(mine, two.other.organization.id)).toThrow(/stays where it is/);
    expect(() => outsideOrganizations(mine)).toThrow(/stays where it is/);
    await db.transaction().execute((trx) => {
      expect(() => inOrganization(trx, two.own.organization.id)).toThrow(/stays where it is/);
      return Promise.resolve();
    });
  });

  it('is left with the transaction that entered it', async () => {
    const outside = outsideOrganizations(two.gateway.database.db);
    const count = sql`select count(*) from users`;
    await outside.transaction().execute(async (trx) => {
      await enterOrganization(trx, two.own.organization.id);
      expect((await count.execute(trx)).rows).toEqual([{ count: 3 }]);
    });
    await expect(count.execute(outside)).rejects.toThrow('no organization is set');
  });
});
