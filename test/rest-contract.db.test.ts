import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import type { OpenDatabase } from '../src/db/client.ts';
import { createImageRenderer } from '../src/images/render.ts';
import { parseOrganizationFile } from '../src/provision-file.ts';
import { provision } from '../src/services/provisioning.ts';
import type { BlobStore } from '../src/storage/blob-store.ts';
import { createDiskStore } from '../src/storage/disk.ts';
import categoryExample from './fixtures/contract/customer-category.json' with { type: 'json' };
import categoryFailures from './fixtures/contract/customer-category-failures.json' with { type: 'json' };
import customerExample from './fixtures/contract/customer.json' with { type: 'json' };
import customerFailures from './fixtures/contract/customer-failures.json' with { type: 'json' };
import { openTestDatabase } from './support/database.ts';
import { type FormFields, encodeForm } from './support/gateway.ts';
import { listen } from './support/raw-http.ts';

// A PNG of one pixel.
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const entity1 = readFile('examples/entity1.yaml', 'utf8');
const lyon = `{ name: Lyon, currency: EUR, rootCategory: { id: 1, reference: root, name: All, categories: [
  { id: 3, reference: '101', name: new Categ } ] } }`;

/** A gateway that lives at one moment, under the address the pages print. */
async function openGateway(file: string, { provisioned, now }: { provisioned: number; now: number }) {
  const database = await openTestDatabase();
  const directory = await mkdtemp(path.join(tmpdir(), 'customer-gateway-images-'));
  await provision(database.db, parseOrganizationFile(file, 'test.yaml'), new Date(provisioned));
  const server = compose(database, createDiskStore(directory), now);
  return {
    database,
    post: createPost(server),
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Stands for the BASE_URL of the pages, which is none. */
const publicUrl = 'http://gateway.test';

function compose({ db }: OpenDatabase, blobs: BlobStore, now = Date.now()) {
  return composeServer({
    auth: { kind: 'off' },
    db,
    blobs,
    images: createImageRenderer(),
    now: () => new Date(now),
    publicUrl,
  });
}

type Answer = { readonly status: number; readonly text: string };
type Post = (address: string, fields?: FormFields) => Promise<Answer>;

function createPost(server: ReturnType<typeof composeServer>): Post {
  return async (address, fields = {}) => {
    await using listening = await listen({ server });
    const response = await listening.fetch(`/api/v1.0/${address}`, { method: 'POST', body: encodeForm(fields) });
    const text = await response.text();
    return { status: response.status, text: text.replaceAll(publicUrl, 'BASE_URL') };
  };
}

/** Gives the next record of a table this id. */
async function numberNext({ db }: OpenDatabase, table: string, id: number): Promise<void> {
  await sql`select setval(pg_get_serial_sequence(${table}, 'id')::regclass, ${id}::bigint, false)`.execute(db);
}

async function setDates({ db }: OpenDatabase, table: 'customers' | 'customer_categories', id: number, iso: string) {
  const date = new Date(iso);
  await db.updateTable(table).set({ date_created: date, last_updated: date }).where('id', '=', id).execute();
}

describe('the pages’ success outputs', () => {
  it('ruling 42: answers the customers page’s example byte for byte, every key in its order', async () => {
    await using gateway = await openGateway(await entity1, { provisioned: 1450169988465, now: 1471338230737 });
    await numberNext(gateway.database, 'customers', customerExample.id);
    const fields = {
      name: "Marie's Jewelry",
      categoryId: 'jewelry',
      customerSegmentationId: 'seg_a',
      userId: 'emp-002',
      billingCountry: 'France',
      billingCity: 'Nice',
      creditLimit: '5000.00',
      dueDateConfigNumber: '7',
      dueDateConfigType: '1',
      paymentTypes: '[{"id"=7},{"id"=8}]',
      regionId: '3',
      imageFile: new File([png], 'logo_color_272x92dp.png'),
    };
    expect((await gateway.post('customers/reference/NC-3', fields)).status).toBe(201);
    await setDates(gateway.database, 'customers', customerExample.id, customerExample.dateCreated);

    const again = await gateway.post('customers/reference/NC-3', fields);

    expect(again).toEqual({ status: 201, text: JSON.stringify(customerExample) });
  });

  it('ruling 42: answers the categories page’s example byte for byte, every key in its order', async () => {
    await using gateway = await openGateway(lyon, { provisioned: 1444810602520, now: 1471338230737 });
    await numberNext(gateway.database, 'customer_categories', categoryExample.id);
    const fields = { name: 'Preferred Customers', parentId: '101' };
    expect((await gateway.post('customerCategories/reference/102', fields)).status).toBe(201);
    await setDates(gateway.database, 'customer_categories', categoryExample.id, categoryExample.dateCreated);

    const again = await gateway.post('customerCategories/reference/102', fields);

    expect(again).toEqual({ status: 201, text: JSON.stringify(categoryExample) });
  });
});

describe('the pages’ failure outputs', () => {
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  const tooLarge = new File([png, new Uint8Array(2_097_153 - png.length)], 'large.png');
  const notAnImage = new File(['<svg xmlns="http://www.w3.org/2000/svg"/>'], 'logo.png', { type: 'image/png' });

  beforeAll(async () => {
    gateway = await openGateway(await entity1, { provisioned: 1450169988465, now: 1471338230737 });
    for (const reference of ['first', 'second']) {
      await gateway.post(`customers/reference/${reference}`, { name: reference });
      await gateway.post(`customerCategories/reference/${reference}`, { name: reference, parentId: 'root' });
    }
    await gateway.post('customerCategories/reference/below', { name: 'below', parentId: 'first' });
  });

  afterAll(() => gateway[Symbol.asyncDispose]());

  /** A gateway over the same data whose blob store has a mistake; one that only cannot keep anything is answered 503. */
  const withMistake: Post = (address, fields) => {
    const blobs: BlobStore = {
      create: () => Promise.reject(new Error('/secret/path is undefined')),
      read: () => Promise.resolve(undefined),
      delete: () => Promise.resolve(),
      check: () => Promise.resolve(),
      list: async function* () {},
    };
    return createPost(compose(gateway.database, blobs))(address, fields);
  };

  const customer = (reference: string, fields: FormFields) => gateway.post(`customers/reference/${reference}`, fields);
  const category = (reference: string, fields: FormFields) =>
    gateway.post(`customerCategories/reference/${reference}`, fields);

  const customerRequests: readonly (() => Promise<Answer>)[] = [
    () => gateway.post('customers/reference/', { name: 'A' }),
    () => customer('first', { name: 'A', reference: 'second' }),
    () => customer('new', { name: 'A', paymentTypes: '[{"id"="cash"}]' }),
    () => customer('first', { name: 'A', isSubCustomer: 'true', parentCustomer: 'first' }),
    () => customer('new', { name: 'A', imageFile: tooLarge }),
    () => customer('new', { name: 'A', imageFile: notAnImage }),
    () => customer('new', { name: 'A', paymentTypes: '[{"id"=999}]' }),
    () => withMistake('customers/reference/new', { name: 'A', imageFile: new File([png], 'a.png') }),
  ];

  const categoryRequests: readonly (() => Promise<Answer>)[] = [
    () => gateway.post('customerCategories/reference/', { name: 'A', parentId: 'root' }),
    () => category('first', { name: 'A', parentId: 'root', reference: 'second' }),
    () => category('new', { name: 'A', parentId: 'root', isRoot: 'maybe' }),
    () => category('new', { name: 'A', parentId: 'root', image: tooLarge }),
    () => category('new', { name: 'A', parentId: 'root', image: notAnImage }),
    () => category('new', { name: 'A', isRoot: 'true' }),
    () => category('first', { name: 'A', parentId: 'below' }),
    () => category('new', { name: 'A', parentId: '9999' }),
    () =>
      withMistake('customerCategories/reference/new', { name: 'A', parentId: 'root', image: new File([png], 'a.png') }),
  ];

  const examples = [
    ...customerFailures.map((example, index) => ({ page: 'customers', example, request: customerRequests[index] })),
    ...categoryFailures.map((example, index) => ({ page: 'categories', example, request: categoryRequests[index] })),
  ].map((each) => ({ ...each, text: each.example.body.error_description }));

  it.each(examples)(
    'rulings 5, 8 and 31: answers “$text” of the $page page byte for byte',
    async ({ example, request }) => {
      if (!request) throw new Error('The page has an example that this test does not provoke.');

      const answer = await request();

      expect(answer).toEqual({ status: example.status, text: JSON.stringify(example.body) });
    },
  );

  it('has left no trace of any of them', async () => {
    const { db } = gateway.database;
    const customers = await db.selectFrom('customers').select('name').orderBy('id').execute();
    const categories = await db.selectFrom('customer_categories').select('reference').orderBy('id').execute();

    expect(customers).toEqual([{ name: 'first' }, { name: 'second' }]);
    expect(categories.map(({ reference }) => reference).slice(3)).toEqual(['first', 'second', 'below']);
  });
});
