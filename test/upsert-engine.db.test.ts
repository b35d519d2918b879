import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../src/actor.ts';
import { texts } from '../src/contract/errors.ts';
import type { UploadedFile } from '../src/contract/images.ts';
import type { Database } from '../src/db/schema.ts';
import type { UpsertCustomerCategoryInput } from '../src/services/customer-categories/input.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { customerModel } from '../src/services/customers/upsert.ts';
import type { UpsertDeps } from '../src/services/deps.ts';
import { ServiceUnavailableError } from '../src/services/errors.ts';
import { UpsertEngine } from '../src/services/upsert/engine.ts';
import { renditionKeys } from '../src/services/upsert/images.ts';
import type { UpsertResult } from '../src/services/upsert/types.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { watch } from './support/watch.ts';
import { countStatements } from './support/statements.ts';
import { upsertCustomerCategories, upsertCustomers, upsertList } from './support/upsert-lists.ts';

let gateway: TestGateway;
let deps: UpsertDeps;
let actor: Actor;

beforeAll(async () => {
  gateway = await openTestGateway();
  ({ deps, actor } = gateway);
});

afterAll(() => gateway[Symbol.asyncDispose]());

const upsertAll = (inputs: readonly UpsertCustomerInput[], over: Partial<UpsertDeps> = {}, as = actor) =>
  upsertCustomers(
    { ...deps, ...over },
    as,
    inputs.map((input) => ({ input, problems: [] })),
  );

const upsertCategories = (inputs: readonly UpsertCustomerCategoryInput[], over: Partial<UpsertDeps> = {}, as = actor) =>
  upsertCustomerCategories(
    { ...deps, ...over },
    as,
    inputs.map((input) => ({ input, problems: [] })),
  );

/** Upserts a customer, and gives up soon. */
function upsertImpatiently(input: UpsertCustomerInput, db: Database) {
  const engine = new UpsertEngine(customerModel, { ...deps, db, patience: { races: 300, outages: 300 } });
  return upsertList(engine, actor, [{ input, problems: [] }]);
}

type AnyResult = UpsertResult<{ readonly reference: string; readonly version: number }, unknown>;

/** Each result as `outcome reference@version`, or its errors' codes. */
function summarize(results: readonly AnyResult[]): string[] {
  return results.map((result) =>
    result.ok
      ? `${result.outcome} ${result.record.reference}@${result.record.version}`
      : result.errors.map(({ code }) => code).join(),
  );
}

async function readCustomer(reference: string) {
  return deps.db.selectFrom('customers').selectAll().where('reference', '=', reference).executeTakeFirst();
}

/** How many statements the work takes. */
async function countOf(work: (db: Database) => Promise<unknown>): Promise<number> {
  const counted = countStatements(deps.db);
  await work(counted.db);
  return counted.statements;
}

describe('a list', () => {
  it('answers each item on its own, in order', async () => {
    await upsertAll([
      { reference: 'own-5', name: 'five' },
      { reference: 'own-6', name: 'six' },
    ]);
    const results = await upsertAll([
      { reference: 'own-1', name: 'one' },
      { reference: 'own-2' },
      { reference: 'own-3', name: 'three', paymentTypes: [{ id: '8' }, { id: '7' }] },
      { reference: 'own-4', name: 'four', paymentTypes: [{ id: '7' }, { id: '999' }] },
      { reference: 'own-5', name: 'FIVE' },
      { reference: 'own-6', name: 'six' },
      { reference: ' ', name: 'blank' },
      { reference: 'own-8', name: 'eight' },
    ]);
    expect(summarize(results)).toStrictEqual([
      'created own-1@1',
      'missing_param',
      'created own-3@1',
      'not_found',
      'updated own-5@2',
      'unchanged own-6@1',
      'missing_param',
      'created own-8@1',
    ]);
    expect(results[2]).toMatchObject({ record: { paymentTypeIds: [7, 8] } });
    expect(results[4]).toMatchObject({ changedFields: ['name'], record: { name: 'FIVE' } });
    expect(await readCustomer('own-4')).toBeUndefined();
  });

  it('answers nothing for nothing, without a statement', async () => {
    expect(await countOf(async (db) => expect(await upsertAll([], { db })).toStrictEqual([]))).toBe(0);
  });

  it('answers what a later call finds', async () => {
    const [created] = await upsertAll([
      { reference: 'same', name: 'n', creditLimit: 0.1, billingLat: -0.5, paymentTypes: [{ id: '9' }], city: 'Nice' },
    ]);
    const [again] = await upsertAll([{ reference: 'same' }]);
    expect(again).toMatchObject({ ok: true, outcome: 'unchanged', record: created?.ok ? created.record : 'none' });
  });

  it.each([1, 10, 500])('takes two statements for %i customers that change', async (size) => {
    const inputs = Array.from({ length: size }, (_, index) => ({
      reference: `two-${size}-${index}`,
      name: 'n',
      paymentTypes: [{ id: '7' }, { reference: 'cheque' }],
      customerCategory: { reference: 'jewelry' },
      createdBy: { reference: 'emp-002' },
    }));
    const creating = await countOf(async (db) => {
      const outcomes = (await upsertAll(inputs, { db })).map((result) => result.ok && result.outcome);
      expect(new Set(outcomes)).toStrictEqual(new Set(['created']));
    });
    const updating = await countOf(async (db) => {
      const results = await upsertAll(
        inputs.map((input, index) => ({ ...input, name: `n${index}` })),
        { db },
      );
      expect(results.map((result) => result.ok && [result.outcome, result.record.name])).toStrictEqual(
        inputs.map((_, index) => ['updated', `n${index}`]),
      );
    });
    expect([creating, updating]).toStrictEqual([2, 2]);
  });

  it.each([1, 10, 500])('takes one statement for %i customers of which nothing changes', async (size) => {
    const inputs = Array.from({ length: size }, (_, index) => ({ reference: `one-${size}-${index}`, name: 'n' }));
    await upsertAll(inputs);
    expect(await countOf((db) => upsertAll(inputs, { db }))).toBe(1);
    const refused = inputs.map(({ reference }) => ({ reference, createdBy: { reference: 'nobody' } }));
    expect(await countOf((db) => upsertAll(refused, { db }))).toBe(1);
  });

  it('takes two statements for categories too, and one where nothing changes', async () => {
    const parent = { reference: 'root' };
    const inputs = Array.from({ length: 50 }, (_, index) => ({ reference: `cat-${index}`, name: 'n', parent }));
    expect(await countOf((db) => upsertCategories(inputs, { db }))).toBe(2);
    expect(await countOf((db) => upsertCategories(inputs, { db }))).toBe(1);
    const renamed = inputs.map((input) => ({ ...input, name: 'other' }));
    expect(await countOf((db) => upsertCategories(renamed, { db }))).toBe(2);
  });

  it('joins what the edge found with what it finds itself, in the order of the page', async () => {
    const problems = [
      { code: 'unsupported_file_type', message: 'image format not supported.', path: ['logo'] },
      { code: 'invalid_param_type', message: 'a problem of the form', path: ['creditLimit'] },
    ] as const;
    const input = { reference: 'problems', customerCategory: { id: '999' }, isActive: true, billingLat: 91 };
    const [bad, good] = await upsertCustomers(deps, actor, [
      { input, problems },
      {
        input: { ...input, customerCategory: null, billingLat: null, name: 'n', reference: 'no-problems' },
        problems: [],
      },
    ]);
    expect(bad?.ok === false && bad.errors.map(({ code, path }) => `${code} ${path.join('.')}`)).toStrictEqual([
      'missing_param name',
      'invalid_param_type billingLat',
      'invalid_param_type creditLimit',
      'unsupported_file_type logo',
      'not_found customerCategory',
    ]);
    expect(good).toMatchObject({ ok: true, outcome: 'created' });
  });

  it('refuses an item for problems alone', async () => {
    const problems = [{ code: 'invalid_param_type', message: 'a problem of the form', path: ['fax'] }] as const;
    const [result] = await upsertCustomers(deps, actor, [{ input: { reference: 'fine', name: 'n' }, problems }]);
    expect(result).toStrictEqual({ ok: false, errors: problems });
    expect(await readCustomer('fine')).toBeUndefined();
  });
});

describe('one reference several times in a list', () => {
  it('ruling 3: is upserted in order, however it is spelt', async () => {
    const results = await upsertAll([
      { reference: 'multi-é', name: 'first' },
      { reference: ' multi-e\u0301', name: 'first' },
      { reference: 'multi-é ', email: 'a@b.c' },
      { reference: 'MULTI-É', name: 'other' },
      { reference: 'multi-é', name: '' },
      { reference: 'multi-é', name: 'last' },
    ]);
    expect(summarize(results)).toStrictEqual([
      'created multi-é@1',
      'unchanged multi-é@1',
      'updated multi-é@2',
      'created MULTI-É@1',
      'missing_param',
      'updated multi-é@3',
    ]);
    expect(await readCustomer('multi-é')).toMatchObject({ name: 'last', email: 'a@b.c', version: 3 });
  });

  it('ruling 19: an earlier rename counts for later items', async () => {
    await upsertAll(['r-a', 'r-b', 'r-c'].map((reference) => ({ reference, name: reference })));
    const results = await upsertAll([
      { reference: 'r-a', newReference: 'r-x' },
      { reference: 'r-x', email: 'a@b.c' },
      { reference: 'r-b', newReference: 'r-x' },
      { reference: 'r-a', name: 'another' },
      { reference: 'r-c', newReference: 'r-a' },
    ]);
    expect(summarize(results)).toStrictEqual([
      'updated r-x@2',
      'updated r-x@3',
      'not_unique',
      'created r-a@1',
      'not_unique',
    ]);
    expect(await readCustomer('r-x')).toMatchObject({ name: 'r-a', email: 'a@b.c' });
  });

  it('ruling 19: two records swap references by way of a third', async () => {
    await upsertAll(['s-a', 's-b'].map((reference) => ({ reference, name: reference })));
    const results = await upsertAll([
      { reference: 's-a', newReference: 's-t' },
      { reference: 's-b', newReference: 's-a' },
      { reference: 's-t', newReference: 's-b' },
    ]);
    expect(summarize(results)).toStrictEqual(['updated s-t@2', 'updated s-a@2', 'updated s-b@3']);
    expect([(await readCustomer('s-a'))?.name, (await readCustomer('s-b'))?.name]).toStrictEqual(['s-b', 's-a']);
  });

  it('ruling 19: a rename to a reference created earlier is refused, to one created later is not', async () => {
    await upsertAll(['t-a', 't-b'].map((reference) => ({ reference, name: reference })));
    const results = await upsertAll([
      { reference: 't-x', name: 'n' },
      { reference: 't-a', newReference: 't-x' },
      { reference: 't-b', newReference: 't-y' },
      { reference: 't-y', name: 'n' },
    ]);
    expect(summarize(results)).toStrictEqual(['created t-x@1', 'not_unique', 'updated t-y@2', 'updated t-y@3']);
  });
});

describe('relations between the items of a list', () => {
  it('a category finds its parent earlier in the list', async () => {
    const results = await upsertCategories([
      { reference: 'line-1', name: 'n', parent: { reference: 'root' } },
      { reference: 'line-2', name: 'n', parent: { reference: 'line-1' } },
      { reference: 'line-3', name: 'n', parent: { reference: ' line-2' } },
    ]);
    expect(summarize(results)).toStrictEqual(['created line-1@1', 'created line-2@1', 'created line-3@1']);
  });

  it('a customer finds its parent earlier in the list', async () => {
    const results = await upsertAll([
      { reference: 'boss', name: 'n' },
      { reference: 'sub', name: 'n', isSubCustomer: true, parentCustomer: { reference: 'boss' } },
    ]);
    expect(summarize(results)).toStrictEqual(['created boss@1', 'created sub@1']);
  });

  it('a parent that was renamed earlier in the list is found by its new reference only', async () => {
    await upsertAll([{ reference: 'old-boss', name: 'n' }]);
    const sub = { name: 'n', isSubCustomer: true };
    const results = await upsertAll([
      { reference: 'old-boss', newReference: 'new-boss' },
      { ...sub, reference: 'sub-of-new', parentCustomer: { reference: 'new-boss' } },
      { ...sub, reference: 'sub-of-old', parentCustomer: { reference: 'old-boss' } },
    ]);
    expect(summarize(results)).toStrictEqual(['updated new-boss@2', 'created sub-of-new@1', 'not_found']);
  });

  it('a record that is created later in the list is there for those before it', async () => {
    const results = await upsertCategories([
      { reference: 'early-3', name: 'n', parent: { reference: 'early-2' } },
      { reference: 'early-2', name: 'n', parent: { reference: 'early-1' } },
      { reference: 'early-1', name: 'n', parent: { reference: 'root' } },
    ]);
    expect(summarize(results)).toStrictEqual(['created early-3@1', 'created early-2@1', 'created early-1@1']);
    const [early3, early2, early1] = results.map((result) => (result.ok ? result.record : undefined));
    expect([early3?.parentId, early2?.parentId]).toStrictEqual([early2?.id, early1?.id]);
  });

  it('ruling 6: a parent that is refused does not exist for its children', async () => {
    const results = await upsertAll([
      { reference: 'orphan', name: 'n', isSubCustomer: true, parentCustomer: { reference: 'refused-boss' } },
      { reference: 'refused-boss', name: ' ' },
    ]);
    expect(summarize(results)).toStrictEqual(['not_found', 'missing_param']);
  });

  it('a parent that is renamed later in the list is found by its old reference, even by one that moves', async () => {
    await upsertAll(['late-boss', 'late-mover'].map((reference) => ({ reference, name: 'n' })));
    const sub = { name: 'n', isSubCustomer: true, parentCustomer: { reference: 'late-boss' } };
    const results = await upsertAll([
      { ...sub, reference: 'late-mover' },
      { ...sub, reference: 'late-new' },
      { reference: 'late-boss', newReference: 'late-other' },
    ]);
    expect(summarize(results)).toStrictEqual(['updated late-mover@2', 'created late-new@1', 'updated late-other@2']);
  });

  it('ruling 35: records that are to be created under each other are refused', async () => {
    const below = { name: 'n', isSubCustomer: true };
    const results = await upsertAll([
      { ...below, reference: 'circle-a', parentCustomer: { reference: 'circle-b' } },
      { ...below, reference: 'circle-b', parentCustomer: { reference: 'circle-a' } },
    ]);
    expect(summarize(results)).toStrictEqual(['not_found', 'not_found']);
  });

  it('ruling 35: a record does not move under one that is created under it', async () => {
    await upsertAll([{ reference: 'mover', name: 'n' }]);
    const results = await upsertAll([
      { reference: 'mover', isSubCustomer: true, parentCustomer: { reference: 'newborn' } },
      { reference: 'newborn', name: 'n', isSubCustomer: true, parentCustomer: { reference: 'mover' } },
    ]);
    expect(summarize(results)).toStrictEqual(['save_failed', 'created newborn@1']);
  });

  it('a line of 300 new generations takes three statements, in any order', async () => {
    const line = Array.from({ length: 300 }, (_, index) => ({
      reference: `generation-${index}`,
      name: 'n',
      parent: { reference: index === 0 ? 'root' : `generation-${index - 1}` },
    }));
    const inputs = [...line.slice(150), ...line.slice(0, 150).toReversed()];
    const statements = await countOf(async (db) => {
      const results = await upsertCategories(inputs, { db });
      expect(results.every((result) => result.ok && result.outcome === 'created')).toBe(true);
    });
    expect(statements).toBe(3);
  });

  it('ruling 34: the first of two roots wins, whatever their references', async () => {
    const values = { name: 'rootless', folder: 'rootless-1', currency: 'EUR', currencies: ['EUR'] };
    const identity = ['id', 'name', 'folder'] as const;
    const insert = deps.db.insertInto('organizations').values(values).returning(identity);
    const as = { organization: await insert.executeTakeFirstOrThrow(), userId: null };
    const results = await upsertCategories(
      [
        { reference: 'z', name: 'n', isRoot: true },
        { reference: 'a', name: 'n', isRoot: true },
        { reference: 'z', name: 'm', isRoot: true },
      ],
      {},
      as,
    );
    expect(summarize(results)).toStrictEqual(['created z@1', 'save_not_authorized', 'updated z@2']);
  });
});

describe('ruling 35: moves', () => {
  const under = (reference: string, parent: string) => ({ reference, parent: { reference: parent } });

  it('two that are fine alone do not close a circle together', async () => {
    await upsertCategories(['m-a', 'm-b', 'm-c'].map((reference) => ({ ...under(reference, 'root'), name: 'n' })));
    const results = await upsertCategories([under('m-a', 'm-b'), under('m-b', 'm-c'), under('m-c', 'm-a')]);
    expect(summarize(results)).toStrictEqual(['updated m-a@2', 'updated m-b@2', 'save_failed']);
  });

  it('two of customers do not close a circle together', async () => {
    const below = (reference: string, parent: string) => ({
      reference,
      isSubCustomer: true,
      parentCustomer: { reference: parent },
    });
    await upsertAll(['k-a', 'k-b', 'k-c'].map((reference) => ({ reference, name: 'n' })));
    const results = await upsertAll([
      below('k-a', 'k-b'),
      below('k-b', 'k-a'),
      below('k-c', 'k-a'),
      below('k-b', 'k-c'),
    ]);
    expect(summarize(results)).toStrictEqual(['updated k-a@2', 'save_failed', 'updated k-c@2', 'save_failed']);
  });

  it('a record can go where another of the list has just made room', async () => {
    await upsertCategories([{ ...under('v-a', 'root'), name: 'n' }]);
    await upsertCategories([{ ...under('v-b', 'v-a'), name: 'n' }]);
    const results = await upsertCategories([under('v-b', 'root'), under('v-a', 'v-b')]);
    expect(summarize(results)).toStrictEqual(['updated v-b@2', 'updated v-a@2']);
  });

  it('a parent that is left makes room for a later move too', async () => {
    const below = (reference: string, parent: string) => ({
      reference,
      isSubCustomer: true,
      parentCustomer: { reference: parent },
    });
    await upsertAll([{ reference: 'w-a', name: 'n' }]);
    await upsertAll([{ ...below('w-b', 'w-a'), name: 'n' }]);
    const results = await upsertAll([{ reference: 'w-b', isSubCustomer: false }, below('w-a', 'w-b')]);
    expect(summarize(results)).toStrictEqual(['updated w-b@2', 'updated w-a@2']);
  });

  it('ruling 5: a move that closes a circle is reported beside whatever else is wrong', async () => {
    await upsertCategories([{ ...under('e-a', 'root'), name: 'n' }]);
    await upsertCategories([{ ...under('e-b', 'e-a'), name: 'n' }]);
    await upsertCategories([{ ...under('e-c', 'e-b'), name: 'n' }]);
    const results = await upsertCategories([
      { ...under('e-a', 'e-a'), name: '' },
      { ...under('e-a', 'e-c'), name: '' },
    ]);
    expect(summarize(results)).toStrictEqual(['missing_param,save_failed', 'missing_param,save_failed']);
  });

  it('mix with items that stay, each answered in its place', async () => {
    await upsertCategories(['x-a', 'x-b'].map((reference) => ({ ...under(reference, 'root'), name: 'n' })));
    const results = await upsertCategories([
      { ...under('x-new', 'root'), name: 'n' },
      { ...under('x-a', 'x-b'), name: 'moved', description: 'd' },
      { reference: 'x-b', name: 'stays' },
      under('x-b', 'x-a'),
      under('x-a', 'x-a'),
      under('x-a', 'nowhere'),
    ]);
    expect(summarize(results)).toStrictEqual([
      'created x-new@1',
      'updated x-a@2',
      'updated x-b@2',
      'save_failed',
      'save_failed',
      'not_found',
    ]);
    expect(results[1]).toMatchObject({ changedFields: ['name', 'parent', 'description'] });
  });
});

async function createPicture(filename: string, red = 200): Promise<UploadedFile> {
  const background = { r: red, g: 100, b: 50 };
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();
  return { filename, bytes };
}

/** The stored files whose names end with that of the upload. */
async function filesOf(filename: string): Promise<readonly string[]> {
  return (await gateway.imageFiles()).filter((key) => key.endsWith(`_${filename}`));
}

/** The files that the customer's row names. */
async function filesNamedBy(reference: string): Promise<string[]> {
  const row = await readCustomer(reference);
  return row?.logo ? renditionKeys(row.logo).sort() : [];
}

class InjectedError extends Error {
  override readonly name = 'InjectedError';
}

function createServerError(code: string): Error {
  return Object.assign(new InjectedError(`injected ${code}`), { code });
}

/** Lets the first writing statement fail with `error`: instead of running it, or after it ran. */
function failWrite(error: Error, when: 'before' | 'after' = 'before', times = 1): Pick<UpsertDeps, 'db'> {
  let left = times;
  const fail = (isWrite: boolean) => {
    if (!isWrite || left === 0) return;
    left -= 1;
    throw error;
  };
  return { db: watch(deps.db, { [when]: fail }) };
}

type Blobs = UpsertDeps['blobs'];

/** A blob store on which `create` can be made to do something first; `idle` waits for all it was asked to do. */
function interceptCreate(first: (call: number) => void | Promise<void>): {
  blobs: Blobs;
  idle: () => Promise<unknown>;
} {
  let calls = 0;
  const pending: Promise<unknown>[] = [];
  const create: Blobs['create'] = async (key, bytes) => {
    calls += 1;
    await first(calls);
    return deps.blobs.create(key, bytes);
  };
  return {
    blobs: {
      create: (key, bytes) => {
        const created = create(key, bytes);
        pending.push(created);
        return created;
      },
      read: (key) => deps.blobs.read(key),
      delete: (keys) => deps.blobs.delete(keys),
      check: () => deps.blobs.check(),
      list: () => deps.blobs.list(),
    },
    idle: () => Promise.allSettled(pending),
  };
}

/** The `failing`th file cannot be written, and every other one takes its time. */
function failCreate(failing: number) {
  return interceptCreate(async (call) => {
    if (call === failing) throw new InjectedError('no space left');
    await delay(20);
  });
}

describe('ruling 41: nothing is half done when a file cannot be written', () => {
  it.each([1, 2, 3])('creates neither the customer nor a file when file %i of its logo fails', async (failing) => {
    const reference = `no-space-${failing}`;
    const input = { reference, name: 'n', logo: await createPicture(`${reference}.png`) };
    const { blobs, idle } = failCreate(failing);
    await expect(upsertAll([input], { blobs })).rejects.toThrow(InjectedError);
    await idle();
    expect(await readCustomer(reference)).toBeUndefined();
    expect(await filesOf(`${reference}.png`)).toStrictEqual([]);
    expect(summarize(await upsertAll([input]))).toStrictEqual([`created ${reference}@1`]);
    expect(await filesOf(`${reference}.png`)).toStrictEqual(await filesNamedBy(reference));
  });

  it.each([1, 2, 3])('keeps the old logo when file %i of the new one fails', async (failing) => {
    const reference = `keeps-${failing}`;
    await upsertAll([{ reference, name: 'n', logo: await createPicture(`${reference}.png`, 1) }]);
    const before = await filesNamedBy(reference);
    const input = { reference, name: 'm', logo: await createPicture(`${reference}.png`, 2) };
    const { blobs, idle } = failCreate(failing);
    await expect(upsertAll([input], { blobs })).rejects.toThrow(InjectedError);
    await idle();
    expect(await readCustomer(reference)).toMatchObject({ name: 'n', version: 1 });
    expect(await filesOf(`${reference}.png`)).toStrictEqual(before);
    expect(summarize(await upsertAll([input]))).toStrictEqual([`updated ${reference}@2`]);
    expect(await filesOf(`${reference}.png`)).toStrictEqual(await filesNamedBy(reference));
  });

  it.each([1, 2, 4, 7])('fails alone when file %i of a list fails, and leaves no file', async (failing) => {
    const references = ['x', 'y', 'z'].map((letter) => `neighbour-${failing}-${letter}`);
    const inputs = await Promise.all(
      references.map(async (reference) => ({
        reference,
        name: 'n',
        logo: await createPicture(`neighbour-${failing}.png`),
      })),
    );
    const { blobs, idle } = failCreate(failing);
    await expect(upsertAll(inputs, { blobs })).rejects.toThrow(InjectedError);
    await idle();
    const failed = references[Math.floor((failing - 1) / 3)];
    const stored = references.filter((reference) => reference !== failed);
    const rows = await Promise.all(references.map(readCustomer));
    expect(rows.flatMap((row) => row?.reference ?? [])).toStrictEqual(stored);
    const named = await Promise.all(stored.map(filesNamedBy));
    expect(await filesOf(`neighbour-${failing}.png`)).toStrictEqual(named.flat().sort());
  });

  it('a row never points at a file that is not there, although old files could not be deleted', async () => {
    const references = ['undeletable-1', 'undeletable-2', 'undeletable-3'];
    const inputs = (red: number) =>
      Promise.all(
        references.map(async (reference) => ({
          reference,
          name: 'n',
          logo: await createPicture(`${reference}.png`, red),
        })),
      );
    await upsertAll(await inputs(1));
    let deletions = 0;
    const deleteBlobs: Blobs['delete'] = (keys) => {
      deletions += 1;
      return deletions === 1 ? Promise.reject(new InjectedError('read-only')) : deps.blobs.delete(keys);
    };
    const { blobs } = interceptCreate(() => undefined);
    await upsertAll(await inputs(2), { blobs: { ...blobs, delete: deleteBlobs } }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(InjectedError);
    });
    const files = await gateway.imageFiles();
    for (const reference of references) expect(files).toEqual(expect.arrayContaining(await filesNamedBy(reference)));
  });

  it('a change that is committed is answered as done, although the old files could not be deleted', async () => {
    const reference = 'leftover';
    await upsertAll([{ reference, name: 'n', logo: await createPicture('leftover.png', 1) }]);
    const { blobs } = interceptCreate(() => undefined);
    const readOnly = { ...blobs, delete: () => Promise.reject(new InjectedError('read-only')) };
    const results = await upsertAll([{ reference, logo: await createPicture('leftover.png', 2) }], { blobs: readOnly });
    expect(summarize(results)).toStrictEqual(['updated leftover@2']);
  });
});

describe('ruling 41: nothing is half done when the database fails', () => {
  it.each([
    ['XX000', InjectedError],
    ['57014', ServiceUnavailableError],
    ['53100', InjectedError],
  ])('error %s leaves neither row nor file', async (code, failure) => {
    const reference = `failing-${code}`;
    const input = { reference, name: 'n', logo: await createPicture(`${reference}.png`) };
    await expect(upsertAll([input], failWrite(createServerError(code)))).rejects.toThrow(failure);
    expect(await readCustomer(reference)).toBeUndefined();
    expect(await filesOf(`${reference}.png`)).toStrictEqual([]);
    expect(summarize(await upsertAll([input]))).toStrictEqual([`created ${reference}@1`]);
  });

  it('a connection lost before the write is no loss: it is written over another', async () => {
    const input = { reference: 'lost-before', name: 'n', paymentTypes: [{ id: '7' }] };
    expect(summarize(await upsertAll([input], failWrite(createServerError('57P01'))))).toStrictEqual([
      'created lost-before@1',
    ]);
  });

  it('a connection lost after the write does not have it written twice, and what it did is told', async () => {
    const reference = 'lost-after';
    const input = { reference, name: 'n', logo: await createPicture('lost-after.png') };
    const lost = () => failWrite(createServerError('ECONNRESET'), 'after');
    expect(summarize(await upsertAll([input], lost()))).toStrictEqual([`created ${reference}@1`]);
    const files = await filesNamedBy(reference);
    expect(files).toHaveLength(3);
    expect(await filesOf('lost-after.png')).toStrictEqual(files);
    const changed = { reference, email: 'a@b.c' };
    expect(summarize(await upsertAll([changed], lost()))).toStrictEqual([`updated ${reference}@2`]);
    expect(summarize(await upsertAll([changed], lost()))).toStrictEqual([`unchanged ${reference}@2`]);
  });

  it('a call that asks to create only is told that it did, although the connection was lost after the write', async () => {
    const item = { input: { reference: 'lost-create', name: 'n' }, problems: [], intent: { mode: 'create' as const } };
    const { db } = failWrite(createServerError('ECONNRESET'), 'after');
    expect(summarize(await upsertCustomers({ ...deps, db }, actor, [item]))).toStrictEqual(['created lost-create@1']);
    expect(summarize(await upsertCustomers(deps, actor, [item]))).toStrictEqual(['conflict']);
  });

  it('a database that stays away is told of, and nothing was done, not even a file', async () => {
    const reference = 'unread';
    const input = { reference, name: 'n', logo: await createPicture('unread.png') };
    const db = watch(deps.db, {
      before: () => {
        throw createServerError('57P01');
      },
    });
    await expect(upsertImpatiently(input, db)).rejects.toThrow(new ServiceUnavailableError(texts.databaseAway));
    expect(await readCustomer(reference)).toBeUndefined();
    expect(await filesOf('unread.png')).toStrictEqual([]);
  });

  it('a database that is lost in every write leaves the fate open, and says so; the files stay', async () => {
    const reference = 'in-doubt';
    const input = { reference, name: 'n', logo: await createPicture('in-doubt.png') };
    const { db } = failWrite(createServerError('ECONNRESET'), 'before', Infinity);
    await expect(upsertImpatiently(input, db)).rejects.toThrow(new ServiceUnavailableError(texts.fateUnknown));
    expect(await filesOf('in-doubt.png')).toHaveLength(3);
  });

  it('one item that the database cannot take fails alone', async () => {
    const db = watch(deps.db, {
      before: (_, statement) => {
        if (statement.includes('indigestible')) throw createServerError('22P05');
      },
    });
    const references = ['a', 'b', 'indigestible', 'c', 'd', 'e'].map((each) => `split-${each}`);
    await expect(
      upsertAll(
        references.map((reference) => ({ reference, name: 'n' })),
        { db },
      ),
    ).rejects.toThrow(InjectedError);
    const rows = await Promise.all(references.map(readCustomer));
    expect(rows.map((row) => row?.reference)).toStrictEqual(
      references.map((reference) => (reference === 'split-indigestible' ? undefined : reference)),
    );
  });

  it('a move that fails changes no row of its list, and the lock is free again', async () => {
    const parent = { reference: 'root' };
    await upsertCategories(['f-a', 'f-b', 'f-c'].map((reference) => ({ reference, name: 'n', parent })));
    const moves = ['f-a', 'f-b'].map((reference) => ({ reference, parent: { reference: 'f-c' } }));
    const failing = failWrite(createServerError('XX000'), 'after', Infinity);
    await expect(upsertCategories(moves, failing)).rejects.toThrow(InjectedError);
    expect(summarize(await upsertCategories(moves.map(({ reference }) => ({ reference, parent }))))).toStrictEqual([
      'unchanged f-a@1',
      'unchanged f-b@1',
    ]);
    expect(summarize(await upsertCategories(moves))).toStrictEqual(['updated f-a@2', 'updated f-b@2']);
  });
});

describe('a race that is lost', () => {
  it.each(['23505', '23503', '40001', '40P01'])(
    'error %s goes round again and succeeds, with one set of files',
    async (code) => {
      const reference = `again-${code}`;
      const input = { reference, name: 'n', logo: await createPicture(`${reference}.png`) };
      const neighbour = { reference: `${reference}-neighbour`, name: 'n' };
      const results = await upsertAll([input, neighbour], failWrite(createServerError(code), 'before', 3));
      expect(summarize(results)).toStrictEqual([`created ${reference}@1`, `created ${reference}-neighbour@1`]);
      expect(await filesOf(`${reference}.png`)).toStrictEqual(await filesNamedBy(reference));
      expect(await filesNamedBy(reference)).toHaveLength(3);
    },
  );

  it('a move goes round again and succeeds', async () => {
    const parent = { reference: 'root' };
    await upsertCategories(['g-a', 'g-b'].map((reference) => ({ reference, name: 'n', parent })));
    const move = { reference: 'g-a', parent: { reference: 'g-b' } };
    expect(summarize(await upsertCategories([move], failWrite(createServerError('40P01'), 'after', 2)))).toStrictEqual([
      'updated g-a@2',
    ]);
  });

  /** Upserts `mine`, which has a picture, with something coming between its reading and its writing. */
  async function interrupt(mine: UpsertCustomerInput, meanwhile: () => Promise<unknown>): Promise<string[]> {
    const { blobs } = interceptCreate(async (call) => {
      if (call === 1) await meanwhile();
    });
    return summarize(await upsertAll([mine], { blobs }));
  }

  function race(mine: UpsertCustomerInput, theirs: UpsertCustomerInput): Promise<string[]> {
    return interrupt(mine, async () => {
      expect(summarize(await upsertAll([theirs]))).not.toStrictEqual([]);
    });
  }

  it('keeps the field that the other writer set, and its own', async () => {
    const reference = 'race-fields';
    await upsertAll([{ reference, name: 'n' }]);
    const outcome = await race(
      { reference, logo: await createPicture('race-fields.png') },
      { reference, email: 'a@b.c' },
    );
    expect(outcome).toStrictEqual(['updated race-fields@3']);
    expect(await readCustomer(reference)).toMatchObject({ email: 'a@b.c', name: 'n' });
    expect(await filesOf('race-fields.png')).toStrictEqual(await filesNamedBy(reference));
    expect(await filesNamedBy(reference)).toHaveLength(3);
  });

  it('ruling 19: the first writer of a reference creates, the other updates', async () => {
    const reference = 'race-first';
    const outcome = await race(
      { reference, name: 'mine', logo: await createPicture('race-first.png') },
      { reference, name: 'theirs' },
    );
    expect(outcome).toStrictEqual(['updated race-first@2']);
    expect(await filesOf('race-first.png')).toStrictEqual(await filesNamedBy(reference));
  });

  it('ruling 19: a rename to what was taken meanwhile is refused, without a file', async () => {
    await upsertAll([{ reference: 'race-a', name: 'n' }]);
    const mine = { reference: 'race-a', newReference: 'race-b', logo: await createPicture('race-a.png') };
    expect(await race(mine, { reference: 'race-b', name: 'n' })).toStrictEqual(['not_unique']);
    expect(await readCustomer('race-a')).toMatchObject({ version: 1, logo: null });
    expect(await filesOf('race-a.png')).toStrictEqual([]);
  });

  it('ruling 6: a payment type that is gone by then is not found, without a file', async () => {
    const types = { organization_id: actor.organization.id, reference: 'race-type', name: 'n' };
    await deps.db.insertInto('payment_types').values(types).execute();
    const mine = {
      reference: 'race-gone',
      name: 'n',
      paymentTypes: [{ reference: 'race-type' }],
      logo: await createPicture('race-gone.png'),
    };
    const deletion = deps.db.deleteFrom('payment_types').where('reference', '=', 'race-type');
    expect(await interrupt(mine, () => deletion.execute())).toStrictEqual(['not_found']);
    expect(await filesOf('race-gone.png')).toStrictEqual([]);
  });

  it('ruling 18: the same picture sent by both is kept once', async () => {
    const reference = 'race-same';
    await upsertAll([{ reference, name: 'n' }]);
    const logo = await createPicture('race-same.png');
    expect(await race({ reference, logo }, { reference, logo })).toStrictEqual(['unchanged race-same@2']);
    expect(await filesOf('race-same.png')).toStrictEqual(await filesNamedBy(reference));
    expect(await filesNamedBy(reference)).toHaveLength(3);
  });

  it('ruling 18: also where something else of the record changes', async () => {
    const reference = 'race-more';
    await upsertAll([{ reference, name: 'n' }]);
    const logo = await createPicture('race-more.png');
    expect(await race({ reference, logo, name: 'm' }, { reference, logo })).toStrictEqual(['updated race-more@3']);
    expect(await filesOf('race-more.png')).toStrictEqual(await filesNamedBy(reference));
    expect(await filesNamedBy(reference)).toHaveLength(3);
  });

  it('the later of two pictures stays, and the other is deleted', async () => {
    const reference = 'race-two';
    await upsertAll([{ reference, name: 'n' }]);
    const mine = { reference, logo: await createPicture('race-two.png', 1) };
    expect(await race(mine, { reference, logo: await createPicture('race-two.png', 2) })).toStrictEqual([
      'updated race-two@3',
    ]);
    expect(await filesOf('race-two.png')).toStrictEqual(await filesNamedBy(reference));
    expect(await filesNamedBy(reference)).toHaveLength(3);
  });
});

describe('pictures in a list', () => {
  it('ruling 38: a bad one refuses its own item only', async () => {
    const good = await createPicture('pictures.png');
    const results = await upsertAll([
      { reference: 'pic-1', name: 'n', logo: good },
      { reference: 'pic-2', name: 'n', logo: { filename: 'pictures.png', bytes: new Uint8Array([1, 2, 3]) } },
      { reference: 'pic-3', name: 'n', logo: { filename: 'pictures.png', bytes: new Uint8Array(2_097_153) } },
      { reference: 'pic-4', name: 'n', logo: good },
      { reference: 'pic-5', name: ' ', logo: good },
    ]);
    expect(summarize(results)).toStrictEqual([
      'created pic-1@1',
      'unsupported_file_type',
      'exceeded_file_size',
      'created pic-4@1',
      'missing_param',
    ]);
    expect(await filesOf('pictures.png')).toHaveLength(6);
  });

  it('several for one reference leave the last one only', async () => {
    const pictures = await Promise.all([1, 2, 3].map((red) => createPicture('last.png', red)));
    const results = await upsertAll(pictures.map((logo) => ({ reference: 'last', name: 'n', logo })));
    expect(summarize(results)).toStrictEqual(['created last@1', 'updated last@2', 'updated last@3']);
    expect(await filesOf('last.png')).toStrictEqual(await filesNamedBy('last'));
  });

  it('may be more than are rendered and queued at once', async () => {
    const logo = await createPicture('crowd.png');
    const inputs = Array.from({ length: 80 }, (_, index) => ({ reference: `crowd-${index}`, name: 'n', logo }));
    const results = await upsertAll(inputs);
    expect(results.every((result) => result.ok && result.outcome === 'created')).toBe(true);
  });

  it('every stored row has its files, after all of the above', async () => {
    const { rows } = await sql<{ reference: string }>`select reference from customers where logo is not null`.execute(
      deps.db,
    );
    const files = new Set(await gateway.imageFiles());
    const missing = await Promise.all(
      rows.map(async ({ reference }) => (await filesNamedBy(reference)).filter((key) => !files.has(key))),
    );
    expect(rows.length).toBeGreaterThan(10);
    expect(missing.flat()).toStrictEqual([]);
  });
});
