import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../src/db/client.ts';
import { parseOrganizationFile } from '../src/provision-file.ts';
import { type OrganizationFile, ProvisionError, provision } from '../src/services/provisioning.ts';
import { openTestDatabase } from './support/database.ts';

const now = new Date(1_450_169_988_465);
let database: OpenDatabase;
let organizations = 0;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

/** A file for an organization that no other test has. */
function createFile(changes: Partial<OrganizationFile> = {}): OrganizationFile {
  organizations += 1;
  return {
    name: `acme ${organizations}`,
    currency: 'EUR',
    currencies: ['EUR'],
    geographicalLocations: { enabled: true, level: 2 },
    users: [],
    paymentTypes: [],
    customerSegmentations: [],
    regions: [],
    rootCategory: { reference: 'root', name: 'All', categories: [] },
    ...changes,
  };
}

function apply(file: OrganizationFile) {
  return provision(database.db, file, now);
}

/** Everything an organization has, to compare before and after. */
async function readAll({ name }: OrganizationFile) {
  const { db } = database;
  const organization = await db.selectFrom('organizations').selectAll().where('name', '=', name).executeTakeFirst();
  const rowsOf = (table: 'users' | 'payment_types' | 'customer_segmentations') =>
    db
      .selectFrom(table)
      .select(['id', 'reference', 'name'])
      .where('organization_id', '=', organization?.id ?? 0)
      .orderBy('id')
      .execute();
  return {
    organization,
    users: await rowsOf('users'),
    paymentTypes: await rowsOf('payment_types'),
    segmentations: await rowsOf('customer_segmentations'),
    regions: await db
      .selectFrom('regions')
      .select(['id', 'name', 'level', 'parent_id'])
      .where('organization_id', '=', organization?.id ?? 0)
      .orderBy('id')
      .execute(),
    categories: await db
      .selectFrom('customer_categories')
      .selectAll()
      .where('organization_id', '=', organization?.id ?? 0)
      .orderBy('id')
      .execute(),
  };
}

async function expectRefusal(file: OrganizationFile, message: string | RegExp): Promise<void> {
  const before = await readAll(file);
  const error: unknown = await apply(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProvisionError);
  expect(String(error)).toMatch(message);
  expect(await readAll(file)).toEqual(before);
}

describe('provisioning an organization', () => {
  it('creates everything the example file lists, under the ids it gives', async () => {
    const text = await readFile(new URL('../examples/entity1.yaml', import.meta.url), 'utf8');
    const file = parseOrganizationFile(text, 'entity1.yaml');
    const report = await apply(file);
    expect(report.organization).toEqual({
      id: expect.any(Number) as number,
      name: 'entity1',
      folder: 'entity1-1450169988465',
      outcome: 'created',
    });
    expect(report.counts).toEqual({
      users: { created: 3, updated: 0, unchanged: 0 },
      paymentTypes: { created: 3, updated: 0, unchanged: 0 },
      customerSegmentations: { created: 2, updated: 0, unchanged: 0 },
      regions: { created: 7, updated: 0, unchanged: 0 },
      customerCategories: { created: 3, updated: 0, unchanged: 0 },
    });
    const stored = await readAll(file);
    expect(stored.organization).toMatchObject({
      currency: 'EUR',
      currencies: ['EUR', 'USD', 'GBP'],
      geographical_locations: true,
      region_level: 3,
    });
    expect(stored.users).toContainEqual({ id: 2, reference: 'emp-002', name: 'Bob Durand' });
    expect(stored.paymentTypes.slice(0, 2)).toEqual([
      { id: 7, reference: 'cash', name: 'cash' },
      { id: 8, reference: 'cheque', name: 'cheque' },
    ]);
    expect(stored.segmentations).toContainEqual({ id: 1, reference: 'seg_a', name: 'Segmentation A' });
    expect(stored.regions).toContainEqual({ id: 3, name: 'New York', level: 3, parent_id: 2 });
    expect(stored.categories).toMatchObject([
      { id: 1, reference: 'root', is_root: true, parent_id: null },
      { id: 2, reference: 'jewelry', name: 'Jewelry and accessories', is_root: false, parent_id: 1 },
      { id: 3, reference: '101', name: 'new Categ', is_root: false, parent_id: 1 },
    ]);
  });

  it('changes nothing the second time, with or without ids, not even a time', async () => {
    const file = createFile({
      users: [
        { id: 40, reference: 'a', name: 'A' },
        { reference: 'b', name: 'B' },
      ],
      regions: [
        {
          name: 'France',
          regions: [
            { name: 'Nice', regions: [] },
            { id: 60, name: 'Lyon', regions: [] },
          ],
        },
      ],
      rootCategory: { reference: 'root', name: 'All', categories: [{ reference: 'c', name: 'C', categories: [] }] },
    });
    await apply(file);
    const before = await readAll(file);
    const report = await provision(database.db, file, new Date());
    expect(report.organization.outcome).toBe('unchanged');
    expect(report.counts).toEqual({
      users: { created: 0, updated: 0, unchanged: 2 },
      paymentTypes: { created: 0, updated: 0, unchanged: 0 },
      customerSegmentations: { created: 0, updated: 0, unchanged: 0 },
      regions: { created: 0, updated: 0, unchanged: 3 },
      customerCategories: { created: 0, updated: 0, unchanged: 2 },
    });
    expect(await readAll(file)).toEqual(before);
  });

  it('creates once what several processes provision at the same time', async () => {
    // The first rounds open the connections, so that the later ones meet.
    for (let round = 0; round < 5; round += 1) {
      const file = createFile({
        users: [
          { reference: 'a', name: 'A' },
          { id: 90 + round, reference: 'b', name: 'B' },
        ],
      });
      const reports = await Promise.all([1, 2, 3, 4].map(() => apply(file)));
      const outcomes = reports.map(({ organization }) => organization.outcome);
      expect(outcomes.toSorted()).toEqual(['created', 'unchanged', 'unchanged', 'unchanged']);
      expect((await readAll(file)).users).toHaveLength(2);
    }
  });

  it('deletes nothing that the file no longer lists', async () => {
    const file = createFile({ users: [{ reference: 'a', name: 'A' }] });
    await apply(file);
    await apply({ ...file, users: [] });
    expect((await readAll(file)).users).toHaveLength(1);
  });

  it('ruling 39: names the image folder after the organization, cleaned, and like no other', async () => {
    const first = await apply(createFile({ name: 'Société Générale / Lyon' }));
    const second = await apply(createFile({ name: 'SOCIETE Générale: Lyon' }));
    const hidden = await apply(createFile({ name: '../日本' }));
    expect(first.organization.folder).toBe('Societe_Generale_Lyon-1450169988465');
    expect(second.organization.folder).toBe('SOCIETE_Generale_Lyon-1450169988466');
    expect(hidden.organization.folder).toBe('organization-1450169988465');
  });
});

describe('ids given in a file', () => {
  it('are passed over by the ids that are generated, in the same file and later', async () => {
    const file = createFile({
      paymentTypes: [
        { reference: 'a', name: 'A' },
        { id: 5_000, reference: 'b', name: 'B' },
        { reference: 'c', name: 'C' },
      ],
    });
    const { organization } = await apply(file);
    const { id } = await database.db
      .insertInto('payment_types')
      .values({ organization_id: organization.id, reference: 'd', name: 'D' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const ids = (await readAll(file)).paymentTypes.map((row) => row.id);
    expect(id).toBeGreaterThan(5_000);
    expect(ids.filter((other) => other > 5_000)).toHaveLength(3);
  });

  it('never set the generated ones back', async () => {
    await apply(createFile({ customerSegmentations: [{ id: 7_000, reference: 'a', name: 'A' }] }));
    const file = createFile({
      customerSegmentations: [
        { id: 3, reference: 'a', name: 'A' },
        { reference: 'b', name: 'B' },
      ],
    });
    await apply(file);
    const [given, generated] = (await readAll(file)).segmentations;
    expect(given?.id).toBe(3);
    expect(generated?.id).toBeGreaterThan(7_000);
  });

  it('may be those of another organization', async () => {
    const users = [{ id: 77, reference: 'a', name: 'A' }];
    await apply(createFile({ users }));
    const file = createFile({ users });
    await apply(file);
    expect((await readAll(file)).users).toEqual(users);
  });

  it('may be as large as 2^52 and leave as many', async () => {
    const file = createFile({
      users: [
        { id: 2 ** 52, reference: 'a', name: 'A' },
        { reference: 'b', name: 'B' },
      ],
    });
    await apply(file);
    expect((await readAll(file)).users.map(({ id }) => id)).toEqual([2 ** 52, 2 ** 52 + 1]);
  });
});

describe('provisioning an organization again', () => {
  it('updates settings and names, and keeps the folder', async () => {
    const file = createFile({ users: [{ reference: 'a', name: 'A' }] });
    const { organization } = await apply(file);
    const report = await provision(
      database.db,
      { ...file, currencies: ['EUR', 'USD'], users: [{ reference: 'a', name: 'Anna' }] },
      new Date(),
    );
    expect(report.organization).toEqual({ ...organization, outcome: 'updated' });
    expect(report.counts.users).toEqual({ created: 0, updated: 1, unchanged: 0 });
    const stored = await readAll(file);
    expect(stored.organization?.currencies).toEqual(['EUR', 'USD']);
    expect(stored.users).toMatchObject([{ reference: 'a', name: 'Anna' }]);
  });

  it('renames the record whose id comes with another reference', async () => {
    const file = createFile({ users: [{ id: 300, reference: 'old', name: 'A' }] });
    await apply(file);
    await apply({ ...file, users: [{ id: 300, reference: 'new', name: 'A' }] });
    expect((await readAll(file)).users).toEqual([{ id: 300, reference: 'new', name: 'A' }]);
  });

  it('refuses an id and a reference of two records, and changes nothing else either', async () => {
    const file = createFile({
      users: [
        { id: 310, reference: 'a', name: 'A' },
        { id: 311, reference: 'b', name: 'B' },
      ],
    });
    await apply(file);
    const users = [
      { reference: 'c', name: 'C' },
      { id: 310, reference: 'b', name: 'X' },
    ];
    await expectRefusal(
      { ...file, users, currencies: ['EUR', 'USD'] },
      'user 310 is "a" and cannot become "b": that is user 311.',
    );
  });

  it('refuses to give a record another id', async () => {
    const file = createFile({ users: [{ id: 320, reference: 'a', name: 'A' }] });
    await apply(file);
    await expectRefusal(
      { ...file, users: [{ id: 321, reference: 'a', name: 'A' }] },
      'user "a" has the id 320, which cannot become 321.',
    );
  });

  it('refuses a record that is listed by its id and by its old reference', async () => {
    const file = createFile({ users: [{ id: 330, reference: 'a', name: 'A' }] });
    await apply(file);
    const users = [
      { id: 330, reference: 'b', name: 'B' },
      { reference: 'a', name: 'A' },
    ];
    await expectRefusal({ ...file, users }, 'user 330, "a", is in the file twice');
  });

  it('reports every contradiction, a line each', async () => {
    const file = createFile({
      users: [{ id: 340, reference: 'a', name: 'A' }],
      paymentTypes: [{ id: 340, reference: 'a', name: 'A' }],
    });
    await apply(file);
    const moved = [{ id: 341, reference: 'a', name: 'A' }];
    await expectRefusal({ ...file, users: moved, paymentTypes: moved }, /user "a" .*\n.*payment type "a" /);
  });

  it('refuses to drop a currency that a customer has', async () => {
    const file = createFile({ currencies: ['EUR', 'USD', 'GBP'] });
    const { organization } = await apply(file);
    const { categories } = await readAll(file);
    await database.db
      .insertInto('customers')
      .values({
        organization_id: organization.id,
        reference: 'c',
        name: 'C',
        is_active: true,
        category_id: categories[0]?.id ?? 0,
        is_sub_customer: false,
        bill_with_parent: false,
        is_same_address: true,
        currency: 'USD',
        on_hold: false,
      })
      .execute();
    await expectRefusal(
      { ...file, currencies: ['EUR'] },
      'currency USD is not in the list, but is that of 1 customer(s).',
    );
    await apply({ ...file, currencies: ['EUR', 'USD'] });
    expect((await readAll(file)).organization?.currencies).toEqual(['EUR', 'USD']);
  });
});

describe('provisioning customer categories again', () => {
  const tree = (...categories: OrganizationFile['rootCategory']['categories']) => ({
    reference: 'root',
    name: 'All',
    categories,
  });

  it('updates names and places, a version each, and keeps what was set through the API', async () => {
    const leaf = { reference: 'leaf', name: 'Leaf', categories: [] };
    const file = createFile({ rootCategory: tree(leaf, { reference: 'branch', name: 'Branch', categories: [] }) });
    await apply(file);
    await database.db
      .updateTable('customer_categories')
      .set({ description: 'kept' })
      .where('reference', '=', 'leaf')
      .execute();
    const before = await readAll(file);
    const report = await apply({
      ...file,
      rootCategory: tree({ reference: 'branch', name: 'Branch', categories: [leaf] }),
    });
    expect(report.counts.customerCategories).toEqual({ created: 0, updated: 1, unchanged: 2 });
    const [root, moved, branch] = (await readAll(file)).categories;
    expect(moved).toMatchObject({ reference: 'leaf', parent_id: branch?.id, description: 'kept', version: 2 });
    expect(moved?.last_updated.getTime()).toBeGreaterThan(before.categories[1]?.last_updated.getTime() ?? Infinity);
    expect([root, branch]).toEqual([before.categories[0], before.categories[2]]);
  });

  it('turns a parent and its child around', async () => {
    const file = createFile({
      rootCategory: tree({ reference: 'a', name: 'A', categories: [{ reference: 'b', name: 'B', categories: [] }] }),
    });
    await apply(file);
    await apply({
      ...file,
      rootCategory: tree({ reference: 'b', name: 'B', categories: [{ reference: 'a', name: 'A', categories: [] }] }),
    });
    const [root, a, b] = (await readAll(file)).categories;
    expect([a?.parent_id, b?.parent_id]).toEqual([b?.id, root?.id]);
  });

  it('ruling 34: refuses another root, and renames the root by its id', async () => {
    const file = createFile({ rootCategory: { id: 900, reference: 'root', name: 'All', categories: [] } });
    await apply(file);
    const other = { reference: 'other', name: 'Other', categories: [] };
    await expectRefusal(
      { ...file, rootCategory: other },
      'customer category 900, "root", is the root, which cannot change',
    );
    await expectRefusal(
      { ...file, rootCategory: { ...other, categories: [{ reference: 'root', name: 'All', categories: [] }] } },
      'is the root, which cannot change',
    );
    await apply({ ...file, rootCategory: { ...other, id: 900 } });
    expect((await readAll(file)).categories).toMatchObject([{ id: 900, reference: 'other', is_root: true }]);
  });
});

describe('provisioning regions again', () => {
  it('finds a region by its name below its parent, so that the same name may be elsewhere', async () => {
    const nice = { name: 'Nice', regions: [] };
    const file = createFile({
      regions: [
        { name: 'France', regions: [nice] },
        { name: 'Nice', regions: [nice] },
      ],
    });
    await apply(file);
    const report = await apply(file);
    expect(report.counts.regions).toEqual({ created: 0, updated: 0, unchanged: 4 });
  });

  it('moves a region given by its id, with all below it that the file lists', async () => {
    const city = { id: 1_001, name: 'Nice', regions: [] };
    const file = createFile({ regions: [{ id: 1_000, name: 'Provence', regions: [city] }] });
    await apply(file);
    await apply({
      ...file,
      regions: [{ id: 1_002, name: 'France', regions: [{ id: 1_000, name: 'Provence', regions: [city] }] }],
    });
    expect((await readAll(file)).regions).toEqual([
      { id: 1_000, name: 'Provence', level: 2, parent_id: 1_002 },
      { id: 1_001, name: 'Nice', level: 3, parent_id: 1_000 },
      { id: 1_002, name: 'France', level: 1, parent_id: null },
    ]);
  });

  it('refuses to move a region to another level when the file does not list what is below it', async () => {
    const file = createFile({
      regions: [{ id: 1_100, name: 'Provence', regions: [{ id: 1_101, name: 'Nice', regions: [] }] }],
    });
    await apply(file);
    await expectRefusal(
      { ...file, regions: [{ name: 'France', regions: [{ id: 1_100, name: 'Provence', regions: [] }] }] },
      'region 1100, "Provence", cannot move to level 2: region 1101, "Nice", below it is not in the file.',
    );
  });
});
