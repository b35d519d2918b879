import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Actor } from '../src/actor.ts';
import { type OpenDatabase, openDatabase } from '../src/db/client.ts';
import type { UpsertCustomerCategoryInput } from '../src/services/customer-categories/input.ts';
import type { CategoryResult } from '../src/services/customer-categories/upsert.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import type { CustomerResult } from '../src/services/customers/upsert.ts';
import type { UpsertDeps } from '../src/services/deps.ts';
import { renditionKeys } from '../src/services/upsert/images.ts';
import { withDatabase } from './support/admin.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { makePicture } from './support/pictures.ts';
import { createOrganization } from './support/organizations.ts';
import { upsertCustomerCategories, upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;
let actor: Actor;
let others: OpenDatabase[] = [];
/** Services as of several processes: on a server each with a pool of its own. */
let processes: readonly UpsertDeps[];

async function openOthers(): Promise<OpenDatabase[]> {
  const database = inject('database');
  if (database.kind === 'pglite') return [];
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(gateway.deps.db);
  const url = withDatabase(database.url, rows[0]?.name ?? '');
  return Promise.all([4, 4].map((poolSize) => openDatabase({ kind: 'postgres', url, poolSize })));
}

beforeAll(async () => {
  // A machine that is slow must not make it look as if there were too many writers.
  gateway = await openTestGateway({ patience: { races: 600_000, outages: 600_000 } });
  actor = gateway.actor;
  others = await openOthers();
  processes = [gateway.deps, ...others.map(({ db }) => ({ ...gateway.deps, db }))];
});

afterAll(async () => {
  await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
  await gateway[Symbol.asyncDispose]();
});

function processOf(index: number): UpsertDeps {
  return processes[index % processes.length] ?? gateway.deps;
}

/** Upserts all at once, one by one, each from the next process. */
async function raceCustomers(inputs: readonly UpsertCustomerInput[], as = actor): Promise<CustomerResult[]> {
  const upsert = (input: UpsertCustomerInput, index: number) =>
    upsertCustomers(processOf(index), as, [{ input, problems: [] }]);
  return (await Promise.all(inputs.map(upsert))).flat();
}

async function raceCategories(inputs: readonly UpsertCustomerCategoryInput[], as = actor): Promise<CategoryResult[]> {
  const upsert = (input: UpsertCustomerCategoryInput, index: number) =>
    upsertCustomerCategories(processOf(index), as, [{ input, problems: [] }]);
  return (await Promise.all(inputs.map(upsert))).flat();
}

function tally(answers: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...new Set(answers)].sort().map((each) => [each, answers.filter((a) => a === each).length]),
  );
}

/** How often each outcome, or first error, was answered. */
function tallyResults(results: readonly (CustomerResult | CategoryResult)[]): Readonly<Record<string, number>> {
  return tally(results.map((result) => (result.ok ? result.outcome : (result.errors[0]?.code ?? 'nothing'))));
}

async function readCustomers(...references: string[]) {
  return gateway.deps.db.selectFrom('customers').selectAll().where('reference', 'in', references).execute();
}

const manyWriters = Array.from({ length: 200 }, (_, index) => index);

describe('ruling 19: two hundred writers of one new reference', () => {
  it('through REST: one creates, and the same again changes nothing', async () => {
    const answers = await Promise.all(
      manyWriters.map(() => gateway.postCustomer('rest-same', { name: 'n', city: 'Nice' })),
    );
    expect(tally(answers.map(({ status, headers }) => `${status} ${headers.get('x-upsert-outcome')}`))).toStrictEqual({
      '201 created': 1,
      '201 unchanged': 199,
    });
    expect(await readCustomers('rest-same')).toMatchObject([{ version: 1, name: 'n' }]);
  });

  it('through REST: one creates, the others update, and every update counts', async () => {
    const answers = await Promise.all(
      manyWriters.map((index) => gateway.postCustomer('rest-new', { name: `n${index % 4}` })),
    );
    const outcomes = tally(answers.map(({ status, headers }) => `${status} ${headers.get('x-upsert-outcome')}`));
    const { '201 created': created, '201 updated': updated = 0, '201 unchanged': unchanged = 0, ...rest } = outcomes;
    expect({ created, all: updated + unchanged, rest }).toStrictEqual({ created: 1, all: 199, rest: {} });
    expect(await readCustomers('rest-new')).toMatchObject([{ version: 1 + updated }]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('through GraphQL: one creates, the others update, and every update counts', async () => {
    const mutation = `mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) {
      __typename ... on UpsertCustomerSuccess { outcome customer { version } } } }`;
    const answers = await Promise.all(
      manyWriters.map((index) =>
        gateway.graphql(mutation, { input: { reference: 'graph-new', name: `n${index % 4}` } }),
      ),
    );
    type Answer = { readonly outcome?: string; readonly customer?: { readonly version: number } };
    const results = answers.map(({ data, errors }) => {
      expect(errors).toBeUndefined();
      return data?.['upsertCustomer'] as Answer;
    });
    const {
      CREATED: created,
      UPDATED: updated = 0,
      UNCHANGED: unchanged = 0,
    } = tally(results.map(({ outcome = 'error' }) => outcome));
    expect({ created, all: updated + unchanged }).toStrictEqual({ created: 1, all: 199 });
    expect(await readCustomers('graph-new')).toMatchObject([{ version: 1 + updated }]);
    const written = results
      .filter(({ outcome }) => outcome !== 'UNCHANGED')
      .map(({ customer }) => customer?.version ?? 0);
    expect(written.sort((a, b) => a - b)).toStrictEqual(Array.from({ length: 1 + updated }, (_, index) => index + 1));
  });

  it('from several processes: one creates, the others update, and every update counts', async () => {
    const results = await raceCustomers(
      manyWriters.slice(0, 30).map((index) => ({ reference: 'direct-new', name: `n${index}` })),
    );
    expect(tallyResults(results)).toStrictEqual({ created: 1, updated: 29 });
    expect(await readCustomers('direct-new')).toMatchObject([{ version: 30 }]);
  });

  it('of many new references: each is created once', async () => {
    const inputs = manyWriters.map((index) => ({ reference: `many-${index % 40}`, name: 'n' }));
    expect(tallyResults(await raceCustomers(inputs))).toStrictEqual({ created: 40, unchanged: 160 });
  });
});

describe('lists that race', () => {
  it('in opposite orders end without an error, and every update counts', async () => {
    const references = Array.from({ length: 40 }, (_, index) => `opposite-${index}`);
    await raceCustomers(references.map((reference) => ({ reference, name: 'n' })));
    const lists = Array.from({ length: 4 }, (_, list) =>
      (list % 2 === 0 ? references : references.toReversed()).map((reference) => ({
        input: { reference, name: `n${list}` },
        problems: [],
      })),
    );
    const results = await Promise.all(lists.map((items, index) => upsertCustomers(processOf(index), actor, items)));
    expect(tallyResults(results.flat())).toStrictEqual({ updated: 160 });
    expect(new Set((await readCustomers(...references)).map(({ version }) => version))).toStrictEqual(new Set([5]));
  });
});

describe('one of a kind', () => {
  it('ruling 34: of the first writers of a root one wins', async () => {
    const as = await createOrganization(gateway.deps.db, 'roots');
    const inputs = Array.from({ length: 12 }, (_, index) => ({ reference: `root-${index}`, name: 'n', isRoot: true }));
    expect(tallyResults(await raceCategories(inputs, as))).toStrictEqual({ created: 1, save_not_authorized: 11 });
    const roots = gateway.deps.db.selectFrom('customer_categories').select('reference').where('is_root', '=', true);
    expect(await roots.where('organization_id', '=', as.organization.id).execute()).toHaveLength(1);
  });

  it('ruling 19: of racing renames to one reference one wins', async () => {
    const references = Array.from({ length: 12 }, (_, index) => `rename-${index}`);
    await raceCustomers(references.map((reference) => ({ reference, name: reference })));
    const results = await raceCustomers(references.map((reference) => ({ reference, newReference: 'renamed' })));
    expect(tallyResults(results)).toStrictEqual({ not_unique: 11, updated: 1 });
    expect(await readCustomers(...references)).toHaveLength(11);
    expect(await readCustomers('renamed')).toMatchObject([{ version: 2 }]);
  });

  it('ruling 19: a rename and a creation of one reference both end well or one is refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      await raceCustomers([{ reference: `from-${round}`, name: 'n' }]);
      const [renamed, upserted] = await raceCustomers([
        { reference: `from-${round}`, newReference: `to-${round}` },
        { reference: `to-${round}`, name: 'm' },
      ]);
      expect(upserted?.ok).toBe(true);
      const left = await readCustomers(`from-${round}`, `to-${round}`);
      expect(left.map(({ reference }) => reference).sort()).toStrictEqual(
        renamed?.ok ? [`to-${round}`] : [`from-${round}`, `to-${round}`],
      );
    }
  });
});

/** A generator of numbers 0 to `below` − 1, the same for the same seed. */
function createChoices(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

async function findCircles(table: 'customers' | 'customer_categories'): Promise<readonly string[]> {
  const rows = await gateway.deps.db.selectFrom(table).select(['id', 'parent_id', 'reference']).execute();
  const parents = new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
  const isCircle = (id: number): boolean => {
    let at = parents.get(id) ?? null;
    for (let steps = 0; at !== null && steps <= rows.length; steps += 1) at = parents.get(at) ?? null;
    return at !== null;
  };
  return rows.filter(({ id }) => isCircle(id)).map(({ reference }) => reference);
}

describe('ruling 35: racing moves close no circle', () => {
  it.each([1, 2, 3])('of categories, seed %i', async (seed) => {
    const choose = createChoices(seed);
    const references = Array.from({ length: 6 }, (_, index) => `tree-${seed}-${index}`);
    await raceCategories(references.map((reference) => ({ reference, name: 'n', parent: { reference: 'root' } })));
    const pick = () => references[choose(references.length)] ?? 'root';
    const moves = Array.from({ length: 40 }, () => ({
      reference: pick(),
      parent: { reference: choose(8) === 0 ? 'root' : choose(15) === 0 ? 'nowhere' : pick() },
    }));
    const { created, ...answers } = tallyResults(await raceCategories(moves));
    expect(created).toBeUndefined();
    expect(['not_found', 'save_failed', 'unchanged', 'updated']).toEqual(expect.arrayContaining(Object.keys(answers)));
    expect(answers['updated']).toBeGreaterThan(0);
    expect(answers['save_failed']).toBeGreaterThan(0);
    expect(await findCircles('customer_categories')).toStrictEqual([]);
  });

  it.each([4, 5, 6])('of customers, seed %i', async (seed) => {
    const choose = createChoices(seed);
    const references = Array.from({ length: 6 }, (_, index) => `line-${seed}-${index}`);
    await raceCustomers(references.map((reference) => ({ reference, name: 'n' })));
    const pick = () => references[choose(references.length)] ?? '';
    const moves = Array.from({ length: 40 }, () =>
      choose(8) === 0
        ? { reference: pick(), isSubCustomer: false }
        : { reference: pick(), isSubCustomer: true, parentCustomer: { reference: pick() } },
    );
    const answers = tallyResults(await raceCustomers(moves));
    expect(['save_failed', 'unchanged', 'updated']).toEqual(expect.arrayContaining(Object.keys(answers)));
    expect(answers['updated']).toBeGreaterThan(0);
    expect(await findCircles('customers')).toStrictEqual([]);
  });

  it('two that are fine alone: one of them is refused', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [a, b] = [`pair-${round}-a`, `pair-${round}-b`];
      await raceCategories([a, b].map((reference) => ({ reference, name: 'n', parent: { reference: 'root' } })));
      const moves = [
        { reference: a, parent: { reference: b } },
        { reference: b, parent: { reference: a } },
      ];
      expect(tallyResults(await raceCategories(moves))).toStrictEqual({ save_failed: 1, updated: 1 });
    }
    expect(await findCircles('customer_categories')).toStrictEqual([]);
  });
});

describe('ruling 41: no acknowledged change is lost', () => {
  it('of writers that each set another field', async () => {
    const reference = 'fields';
    await raceCustomers([{ reference, name: 'n', isSameAddress: false }]);
    const fields: Omit<UpsertCustomerInput, 'reference'> = {
      name: 'Marie',
      barcode: 'b',
      isActive: false,
      customerCategory: { reference: 'jewelry' },
      customerSegmentation: { reference: 'seg_a' },
      createdBy: { reference: 'emp-003' },
      billingCountry: 'FR',
      billingCity: 'Nice',
      billingPostalCode: '06000',
      billingAddress: 'rue A',
      billingLat: 43.7,
      billingLng: 7.25,
      country: 'DE',
      city: 'Bonn',
      postalCode: '53111',
      address: 'rue B',
      latitude: 50.7,
      longitude: 7.1,
      email: 'a@b.c',
      phone: '1',
      mobile: '2',
      fax: '3',
      comment: 'c',
      website: 'w',
      creditLimit: 5000,
      dueDateConfigNumber: 7,
      taxNumber: 't',
      companyRegistrationNumber: 'r',
      currency: 'USD',
      logo: { filename: 'fields.png', bytes: await makePicture() },
      paymentTypes: [{ id: '7' }, { id: '9' }],
      regionId: { id: '3' },
      onHold: true,
      onHoldReason: 'late',
      newReference: 'renamed-fields',
    };
    const { newReference, ...kept } = fields;
    const writers = Object.entries(kept).map(([field, value]) => ({ reference, [field]: value }));
    // Not all at once: what they cost grows with the square of how many they are.
    for (let start = 0; start < writers.length; start += 12) {
      const some = writers.slice(start, start + 12);
      expect(tallyResults(await raceCustomers([...some, ...some]))).toStrictEqual({
        unchanged: some.length,
        updated: some.length,
      });
    }
    const [all] = await raceCustomers([{ reference, ...kept, newReference }]);
    expect(all).toMatchObject({ ok: true, outcome: 'updated', changedFields: ['reference'] });
    expect(all?.ok && all.record.version).toBe(writers.length + 2);
  });

  it('ruling 28: of writers that each send another set of payment types one set stays', async () => {
    const ids = [[], [7], [8], [9], [7, 8], [7, 9], [8, 9], [7, 8, 9]];
    const sets = Array.from({ length: 16 }, (_, index) => ids[index % ids.length] ?? []);
    const keys = (set: readonly number[]) => set.map((id) => ({ id: String(id) }));
    await raceCustomers([{ reference: 'sets', name: 'n' }]);
    for (let round = 0; round < 3; round += 1) {
      const results = await raceCustomers(sets.map((set) => ({ reference: 'sets', paymentTypes: keys(set) })));
      expect(results.every(({ ok }) => ok)).toBe(true);
      const latest = results
        .flatMap((result) => (result.ok ? [result.record] : []))
        .sort((a, b) => b.version - a.version)[0];
      const [customer] = await readCustomers('sets');
      expect(customer?.payment_type_ids).toStrictEqual(latest?.paymentTypeIds);
      expect(latest?.version).toBe(customer?.version);
      expect(ids).toContainEqual(customer?.payment_type_ids);
    }
  });

  it('ruling 41: of writers that each send another picture one stays, with all of its files and no other', async () => {
    const pictures = await Promise.all(Array.from({ length: 10 }, () => makePicture()));
    const inputs = pictures.map((bytes) => ({
      reference: 'pictured',
      name: 'n',
      logo: { filename: 'pictured.png', bytes },
    }));
    const { created, updated } = tallyResults(await raceCustomers(inputs));
    expect({ created, updated }).toStrictEqual({ created: 1, updated: 9 });
    const [customer] = await readCustomers('pictured');
    const files = (await gateway.imageFiles()).filter((key) => key.endsWith('_pictured.png'));
    expect(files).toStrictEqual(customer?.logo ? renditionKeys(customer.logo).sort() : 'a logo');
  });
});
