import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import {
  type UpsertAnswer,
  customerMutation,
  readTables,
  resultOf,
  upsertCategory,
  upsertCustomer,
} from './support/upserts.ts';

let gateway: TestGateway;
let count = 0;

const customer = (input: Record<string, unknown>) => upsertCustomer(gateway, input);
const category = (input: Record<string, unknown>) => upsertCategory(gateway, input);

/** A reference that no other test uses. */
const fresh = (noun = 'c') => `${noun}-${(count += 1)}`;

async function createCustomer(input: Record<string, unknown> = {}): Promise<string> {
  const reference = fresh();
  expect(await customer({ reference, name: 'Marie', ...input })).toMatchObject({ outcome: 'CREATED' });
  return reference;
}

async function createCategory(input: Record<string, unknown> = {}): Promise<string> {
  const reference = fresh('k');
  const answer = await category({ reference, name: 'Rings', parent: { reference: 'root' }, ...input });
  expect(answer).toMatchObject({ outcome: 'CREATED' });
  return reference;
}

const pathsOf = ({ errors = [] }: UpsertAnswer) => errors.map(({ code, path }) => [code, path.join('.')]);
const warningsOf = ({ warnings = [] }: UpsertAnswer) => warnings.map(({ code, path }) => [code, path.join('.')]);

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

describe('upsertCustomer', () => {
  it('creates, then leaves unchanged, then updates, and says which fields changed', async () => {
    const reference = fresh();
    const created = await customer({ reference, name: 'Marie', city: 'Nice', paymentTypes: [{ id: '7' }] });
    expect(created).toMatchObject({
      __typename: 'UpsertCustomerSuccess',
      outcome: 'CREATED',
      warnings: [],
      record: { reference, name: 'Marie', version: 1, currency: 'EUR', customerCategory: { reference: 'root' } },
    });
    expect(created.changedFields?.toSorted()).toEqual(['billingCity', 'city', 'name', 'paymentTypes', 'reference']);
    const again = await customer({ reference, name: 'Marie', city: 'Nice', paymentTypes: [{ id: '7' }] });
    expect(again).toMatchObject({ outcome: 'UNCHANGED', changedFields: [], record: created.record });
    const updated = await customer({ reference, phone: '1', paymentTypes: [{ reference: 'cheque' }] });
    expect(updated).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['phone', 'paymentTypes'],
      record: { name: 'Marie', city: 'Nice', phone: '1', paymentTypes: [{ id: '8' }], version: 2 },
    });
  });

  it('ruling 18: leaves version and lastUpdated alone when nothing changes', async () => {
    const reference = await createCustomer({ comment: 'x' });
    const before = (await customer({ reference })).record;
    expect(before).toMatchObject({ version: 1 });
    expect((await customer({ reference, comment: 'x', name: 'Marie', isActive: true })).record).toEqual(before);
  });

  it('ruling 14: needs a name on creation only', async () => {
    const missing = await customer({ reference: fresh() });
    expect(missing).toEqual({
      __typename: 'UpsertFailure',
      errors: [{ code: 'MISSING_PARAM', message: 'name parameter is missing', path: ['name'] }],
    });
    const reference = await createCustomer();
    expect(await customer({ reference })).toMatchObject({ outcome: 'UNCHANGED' });
    for (const name of [null, '', '  '])
      expect(pathsOf(await customer({ reference, name }))).toEqual([['MISSING_PARAM', 'name']]);
  });

  it('ruling 5: reports everything that is wrong at once, each with its path, in the order of REST', async () => {
    const before = await readTables(gateway);
    const answer = await customer({
      reference: fresh(),
      onHoldReason: 'x'.repeat(1001),
      latitude: 91,
      billingCountry: 'Atlantis',
      isSubCustomer: true,
      dueDateConfigType: 'DAYS_AFTER_INVOICE_DATE',
      customerCategory: { reference: 'nowhere' },
      customerSegmentation: { id: '99' },
      createdBy: { reference: 'nobody' },
      currency: 'JPY',
      paymentTypes: [{ id: '7' }, { id: '99' }, { reference: 'gold' }],
      regionId: '99',
    });
    expect(answer.__typename).toBe('UpsertFailure');
    expect(pathsOf(answer)).toEqual([
      ['MISSING_PARAM', 'name'],
      ['MISSING_PARAM', 'parentCustomer'],
      ['MISSING_PARAM', 'dueDateConfigNumber'],
      ['INVALID_PARAM_TYPE', 'billingCountry'],
      ['INVALID_PARAM_TYPE', 'latitude'],
      ['INVALID_PARAM_TYPE', 'onHoldReason'],
      ['NOT_FOUND', 'customerCategory'],
      ['NOT_FOUND', 'customerSegmentation'],
      ['NOT_FOUND', 'createdBy'],
      ['NOT_FOUND', 'currency'],
      ['NOT_FOUND', 'paymentTypes.1'],
      ['NOT_FOUND', 'paymentTypes.2'],
      ['NOT_FOUND', 'regionId'],
    ]);
    expect(answer.errors?.slice(6).map(({ message }) => message)).toEqual([
      "The customer category with the id nowhere doesn't exist.",
      "The customer segmentation with the id 99 doesn't exist.",
      "The user with the id nobody doesn't exist.",
      "The currency with the id JPY doesn't exist.",
      "The payment type with the id 99 doesn't exist.",
      "The payment type with the id gold doesn't exist.",
      "The region with the id 99 doesn't exist.",
    ]);
    expect(await readTables(gateway)).toBe(before);
  });

  it('reports a bad reference together with the rest of what needs no record', async () => {
    const answer = await customer({ reference: 'a\u0000b', name: 'x', latitude: 91, email: 'x'.repeat(256) });
    expect(pathsOf(answer)).toEqual([
      ['INVALID_PARAM_TYPE', 'reference'],
      ['INVALID_PARAM_TYPE', 'latitude'],
      ['INVALID_PARAM_TYPE', 'email'],
    ]);
    expect(pathsOf(await customer({ reference: ' ', name: 'x' }))).toEqual([['MISSING_PARAM', 'reference']]);
  });
});

const texts = [
  'barcode',
  'email',
  'phone',
  'mobile',
  'fax',
  'comment',
  'website',
  'taxNumber',
  'companyRegistrationNumber',
  'billingCity',
  'billingPostalCode',
  'billingAddress',
  'city',
  'postalCode',
  'address',
];

/** Every optional field with a value that is not its default, as it is sent and as it is answered. */
const optionalFields: readonly (readonly [field: string, sent: unknown, answered: unknown, cleared: unknown])[] = [
  ...texts.map((field) => [field, `some ${field}`, `some ${field}`, null] as const),
  ['billingCountry', 'France', 'FR', null],
  ['country', 'usa', 'US', null],
  ['billingLat', -90, -90, null],
  ['billingLng', 180, 180, null],
  ['latitude', 43.7, 43.7, null],
  ['longitude', -7.26, -7.26, null],
  ['creditLimit', 0, 0, null],
  ['isActive', false, false, true],
  ['onHold', true, true, false],
  ['onHoldReason', 'late', 'late', null],
  ['currency', 'usd', 'USD', 'EUR'],
  ['customerCategory', { reference: 'jewelry' }, { id: '2', reference: 'jewelry' }, { id: '1', reference: 'root' }],
  ['customerSegmentation', { id: '2' }, { reference: 'seg_b' }, null],
  ['createdBy', { reference: 'emp-003' }, { reference: 'emp-003' }, null],
  ['paymentTypes', [{ id: '9' }, { id: '7' }, { reference: 'cash' }], [{ id: '7' }, { id: '9' }], []],
];

describe('fields of upsertCustomer', () => {
  it.each(optionalFields)(
    'ruling 17: keeps %s when left out, clears it by null',
    async (field, sent, answered, cleared) => {
      const apart = { isSameAddress: false };
      const reference = await createCustomer({ ...apart, [field]: sent });
      const kept = await customer({ reference, ...apart });
      expect(kept).toMatchObject({ outcome: 'UNCHANGED', record: { [field]: answered } });
      const nulled = await customer({ reference, ...apart, [field]: null });
      expect(nulled).toMatchObject({ outcome: 'UPDATED', changedFields: [field], record: { [field]: cleared } });
      expect(await customer({ reference, [field]: null })).toMatchObject({ outcome: 'UNCHANGED' });
    },
  );

  it('keeps and clears isSameAddress, which by default is true', async () => {
    const reference = await createCustomer({ isSameAddress: false, billingCity: 'Nice' });
    expect(await customer({ reference })).toMatchObject({ record: { isSameAddress: false, city: null } });
    expect(await customer({ reference, isSameAddress: null })).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['isSameAddress', 'city'],
      record: { isSameAddress: true, city: 'Nice', billingCity: 'Nice' },
    });
  });

  it('keeps and clears the region', async () => {
    const reference = await createCustomer({ regionId: '7' });
    expect(await customer({ reference })).toMatchObject({ outcome: 'UNCHANGED', record: { region: { id: '7' } } });
    expect(await customer({ reference, regionId: null })).toMatchObject({
      changedFields: ['regionId'],
      record: { region: null },
    });
    expect(pathsOf(await customer({ reference, regionId: '2' }))).toEqual([['SAVE_FAILED', 'regionId']]);
    expect(pathsOf(await customer({ reference, regionId: 'abc' }))).toEqual([['INVALID_PARAM_TYPE', 'regionId']]);
  });

  it('ruling 16: keeps the due date’s type and number, and clears the number with the type', async () => {
    const dueDate = { dueDateConfigType: 'DAYS_AFTER_END_OF_INVOICE_MONTH', dueDateConfigNumber: 30 };
    const reference = await createCustomer(dueDate);
    expect(await customer({ reference })).toMatchObject({ outcome: 'UNCHANGED', record: dueDate });
    expect(pathsOf(await customer({ reference, dueDateConfigNumber: null }))).toEqual([
      ['MISSING_PARAM', 'dueDateConfigNumber'],
    ]);
    const cleared = await customer({ reference, dueDateConfigType: null, dueDateConfigNumber: 5 });
    expect(cleared).toMatchObject({
      changedFields: ['dueDateConfigNumber', 'dueDateConfigType'],
      record: { dueDateConfigType: null, dueDateConfigNumber: null },
    });
    expect(warningsOf(cleared)).toEqual([['DUE_DATE_NUMBER_IGNORED', 'dueDateConfigNumber']]);
  });

  it('ruling 15: keeps the parent and its billing, clears both with isSubCustomer', async () => {
    const parent = await createCustomer();
    const sub = { isSubCustomer: true, parentCustomer: { reference: parent }, billWithParent: true };
    const reference = await createCustomer(sub);
    expect(await customer({ reference })).toMatchObject({
      outcome: 'UNCHANGED',
      record: { ...sub, parentCustomer: { reference: parent } },
    });
    expect(pathsOf(await customer({ reference, parentCustomer: null }))).toEqual([['MISSING_PARAM', 'parentCustomer']]);
    expect(await customer({ reference, billWithParent: null })).toMatchObject({ changedFields: ['billWithParent'] });
    const cleared = await customer({ reference, isSubCustomer: null, parentCustomer: { reference: parent } });
    expect(cleared).toMatchObject({
      changedFields: ['isSubCustomer', 'parentCustomer'],
      record: { isSubCustomer: false, parentCustomer: null, billWithParent: false },
    });
    expect(warningsOf(cleared)).toEqual([['PARENT_IGNORED', 'parentCustomer']]);
  });

  it('ruling 15: refuses itself and a descendant as parent', async () => {
    const top = await createCustomer();
    const middle = await createCustomer({ isSubCustomer: true, parentCustomer: { reference: top } });
    const bottom = await createCustomer({ isSubCustomer: true, parentCustomer: { reference: middle } });
    for (const parent of [top, middle, bottom]) {
      const answer = await customer({ reference: top, isSubCustomer: true, parentCustomer: { reference: parent } });
      expect(answer.errors).toEqual([
        { code: 'SAVE_FAILED', message: 'Failed to save instance.', path: ['parentCustomer'] },
      ]);
    }
  });

  it('ruling 33: onHold=false clears the reason unless one is sent with it', async () => {
    const reference = await createCustomer({ onHold: true, onHoldReason: 'late' });
    expect(await customer({ reference, onHold: false, onHoldReason: 'was late' })).toMatchObject({
      record: { onHold: false, onHoldReason: 'was late' },
    });
    expect(await customer({ reference, onHold: false })).toMatchObject({ record: { onHoldReason: null } });
  });

  it('ruling 32: warns where a shipping value differs from the billing value of the same address', async () => {
    const answer = await customer({ reference: fresh(), name: 'x', billingCity: 'Nice', city: 'Paris', country: 'FR' });
    expect(answer).toMatchObject({ record: { billingCity: 'Nice', city: 'Nice', billingCountry: 'FR' } });
    expect(warningsOf(answer)).toEqual([['SHIPPING_IGNORED', 'city']]);
  });

  it('ruling 26: a key is an id or a reference and nothing else: digits as a reference are no id', async () => {
    const reference = await createCustomer({ customerCategory: { reference: '101' } });
    expect(await customer({ reference })).toMatchObject({
      record: { customerCategory: { id: '3', reference: '101' } },
    });
    const answer = await customer({ reference, customerCategory: { reference: '2' } });
    expect(answer.errors?.[0]?.message).toBe("The customer category with the id 2 doesn't exist.");
    expect(await customer({ reference, customerCategory: { id: '2' } })).toMatchObject({
      changedFields: ['customerCategory'],
    });
  });

  it.each([['abc'], ['0'], ['-1'], ['9223372036854775808'], [' 2'], ['']])(
    'ruling 21: refuses the id %j as ill-typed',
    async (id) => {
      const reference = await createCustomer();
      expect(
        pathsOf(await customer({ reference, customerCategory: { id }, paymentTypes: [{ id: '7' }, { id }] })),
      ).toEqual([
        ['INVALID_PARAM_TYPE', 'customerCategory'],
        ['INVALID_PARAM_TYPE', 'paymentTypes.1'],
      ]);
    },
  );

  it('takes ids as numbers too, and the largest one there is', async () => {
    const reference = await createCustomer({ customerCategory: { id: 2 }, regionId: 7 });
    const answer = await customer({ reference, customerCategory: { id: '9223372036854775807' } });
    expect(pathsOf(answer)).toEqual([['NOT_FOUND', 'customerCategory']]);
  });

  it('ruling 11: refuses U+0000 and lone surrogates', async () => {
    const reference = await createCustomer();
    const answer = await customer({
      reference,
      comment: 'a\u0000',
      city: '\ud800',
      customerCategory: { reference: '\u0000' },
    });
    expect(pathsOf(answer)).toEqual([
      ['INVALID_PARAM_TYPE', 'customerCategory'],
      ['INVALID_PARAM_TYPE', 'city'],
      ['INVALID_PARAM_TYPE', 'comment'],
    ]);
  });

  it('ruling 28: takes 250 payment types and not 251', async () => {
    const list = (length: number) => Array.from({ length }, () => ({ id: '7' }));
    const reference = await createCustomer({ paymentTypes: list(250) });
    const answer = await customer({ reference, paymentTypes: list(251) });
    expect(pathsOf(answer)).toEqual([['INVALID_PARAM_TYPE', 'paymentTypes']]);
  });
});

describe('references', () => {
  it('ruling 19: renames, refuses a taken reference, and ignores the same one', async () => {
    const [reference, taken, renamed] = [await createCustomer(), await createCustomer(), fresh()];
    expect(await customer({ reference, newReference: ` ${reference} ` })).toMatchObject({ outcome: 'UNCHANGED' });
    const refused = await customer({ reference, newReference: taken });
    expect(refused.errors).toEqual([{ code: 'NOT_UNIQUE', message: 'reference already used', path: ['newReference'] }]);
    expect(await customer({ reference, newReference: renamed })).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['reference'],
      record: { reference: renamed, version: 2 },
    });
    expect(await customer({ reference: renamed })).toMatchObject({ outcome: 'UNCHANGED' });
    expect(pathsOf(await customer({ reference: renamed, newReference: 'x'.repeat(256) }))).toEqual([
      ['INVALID_PARAM_TYPE', 'newReference'],
    ]);
  });

  it('ruling 19: ignores a new reference on creation, with a warning', async () => {
    const reference = fresh();
    const answer = await customer({ reference, newReference: fresh(), name: 'x' });
    expect(answer).toMatchObject({ outcome: 'CREATED', record: { reference } });
    expect(warningsOf(answer)).toEqual([['REFERENCE_IGNORED', 'newReference']]);
  });

  it('ruling 3: trims and composes references, and minds their case', async () => {
    const reference = await createCustomer();
    expect(await customer({ reference: `\t${reference} ` })).toMatchObject({ outcome: 'UNCHANGED' });
    expect(await customer({ reference: reference.toUpperCase(), name: 'x' })).toMatchObject({ outcome: 'CREATED' });
    const accented = fresh('é');
    expect(await customer({ reference: accented.normalize('NFD'), name: 'x' })).toMatchObject({
      outcome: 'CREATED',
      record: { reference: accented.normalize('NFC') },
    });
    expect(await customer({ reference: accented })).toMatchObject({ outcome: 'UNCHANGED' });
  });
});

describe('upsertCustomerCategory', () => {
  it('creates, leaves unchanged and updates', async () => {
    const reference = fresh('k');
    const created = await category({ reference, name: 'Rings', parent: { id: '2' }, description: 'All of them' });
    expect(created).toMatchObject({
      __typename: 'UpsertCustomerCategorySuccess',
      outcome: 'CREATED',
      changedFields: ['reference', 'name', 'parent', 'description'],
      record: {
        reference,
        isRoot: false,
        parent: { reference: 'jewelry' },
        description: 'All of them',
        image: null,
        version: 1,
      },
    });
    expect(await category({ reference })).toMatchObject({ outcome: 'UNCHANGED', record: created.record });
    expect(await category({ reference, description: null, parent: { reference: 'root' } })).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['parent', 'description'],
      record: { name: 'Rings', description: null, version: 2 },
    });
  });

  it('reports everything that is wrong at once, each with its path', async () => {
    const before = await readTables(gateway);
    const wrong = { isRoot: true, parent: { id: 'x' }, description: 'x'.repeat(10_001) };
    expect(pathsOf(await category({ reference: fresh(), ...wrong }))).toEqual([
      ['MISSING_PARAM', 'name'],
      ['INVALID_PARAM_TYPE', 'parent'],
      ['INVALID_PARAM_TYPE', 'description'],
      ['SAVE_NOT_AUTHORIZED', 'isRoot'],
    ]);
    expect(pathsOf(await category({ reference: fresh() }))).toEqual([
      ['MISSING_PARAM', 'name'],
      ['MISSING_PARAM', 'parent'],
    ]);
    expect(await readTables(gateway)).toBe(before);
  });

  it('ruling 34: takes the same root again, ignoring a parent with a warning, and refuses another', async () => {
    const same = await category({ reference: 'root', isRoot: true, parent: { reference: 'jewelry' } });
    expect(same).toMatchObject({ outcome: 'UNCHANGED', record: { parent: null } });
    expect(warningsOf(same)).toEqual([['PARENT_IGNORED', 'parent']]);
    const other = await category({ reference: fresh(), name: 'x', isRoot: true });
    expect(other.errors).toEqual([
      {
        code: 'SAVE_NOT_AUTHORIZED',
        message: 'Organization should have only one root category of customer.',
        path: ['isRoot'],
      },
    ]);
  });

  it('ruling 35: refuses itself and a descendant as parent', async () => {
    const top = await createCategory();
    const bottom = await createCategory({ parent: { reference: top } });
    for (const reference of [top, bottom]) {
      const answer = await category({ reference: top, parent: { reference } });
      expect(answer.errors).toEqual([{ code: 'SAVE_FAILED', message: 'Failed to save instance', path: ['parent'] }]);
    }
    const own = fresh();
    expect(pathsOf(await category({ reference: own, name: 'x', parent: { reference: own } }))).toEqual([
      ['SAVE_FAILED', 'parent'],
    ]);
  });

  it('ruling 17: null for the parent is a missing parent; for isRoot the default', async () => {
    const reference = await createCategory();
    expect(pathsOf(await category({ reference, parent: null }))).toEqual([['MISSING_PARAM', 'parent']]);
    expect(pathsOf(await category({ reference, name: null }))).toEqual([['MISSING_PARAM', 'name']]);
    expect(await category({ reference, isRoot: null })).toMatchObject({ outcome: 'UNCHANGED' });
  });

  it('ruling 19: renames, and refuses a taken reference', async () => {
    const [reference, renamed] = [await createCategory(), fresh()];
    expect(pathsOf(await category({ reference, newReference: 'root' }))).toEqual([['NOT_UNIQUE', 'newReference']]);
    expect(await category({ reference, newReference: renamed })).toMatchObject({
      changedFields: ['reference'],
      record: { reference: renamed },
    });
  });
});

describe('several upserts of one request', () => {
  it('run in order, each committed on its own', async () => {
    const reference = fresh();
    const fields = `{ __typename ... on UpsertSuccess { outcome } ... on UpsertFailure { errors { code } } }`;
    const answer = await gateway.graphql(
      `mutation ($reference: String!) {
        first: upsertCustomer(input: { reference: $reference, name: "a" }) ${fields}
        bad: upsertCustomer(input: { reference: $reference, latitude: 91 }) ${fields}
        last: upsertCustomer(input: { reference: $reference, name: "b" }) ${fields}
      }`,
      { reference },
    );
    expect(answer.data).toMatchObject({
      first: { outcome: 'CREATED' },
      bad: { errors: [{ code: 'INVALID_PARAM_TYPE' }] },
      last: { outcome: 'UPDATED' },
    });
  });
});

describe('malformed arguments', () => {
  const valid = { reference: 'never', name: 'x' };

  it.each<[string, unknown]>([
    ['no input', undefined],
    ['null for the input', null],
    ['an input without reference', { name: 'x' }],
    ['null for the reference', { reference: null, name: 'x' }],
    ['a number for the reference', { reference: 1, name: 'x' }],
    ['an unknown field', { ...valid, colour: 'red' }],
    ['text for a boolean', { ...valid, isActive: 'true' }],
    ['text for a number', { ...valid, latitude: '1' }],
    ['a fraction for an integer', { ...valid, dueDateConfigNumber: 1.5 }],
    ['an integer beyond 32 bits', { ...valid, dueDateConfigNumber: 2 ** 31 }],
    ['an unknown enum value', { ...valid, dueDateConfigType: 'daysAfterInvoiceDate' }],
    ['an enum value in the wrong case', { ...valid, dueDateConfigType: 'days_after_invoice_date' }],
    ['an empty key', { ...valid, customerCategory: {} }],
    ['both keys', { ...valid, customerCategory: { id: '1', reference: 'root' } }],
    ['null in a key', { ...valid, customerCategory: { reference: null } }],
    ['one key and null for the other', { ...valid, customerCategory: { id: '1', reference: null } }],
    ['null among payment types', { ...valid, paymentTypes: [null] }],
    ['text for an upload', { ...valid, logo: 'picture.png' }],
    ['an object for an upload', { ...valid, logo: { filename: 'a.png', bytes: [1] } }],
  ])('refuses %s with status 400, and changes nothing', async (_, input) => {
    const before = await readTables(gateway);
    const answer = await gateway.graphql(customerMutation, input === undefined ? {} : { input });
    expect(answer.status).toBe(400);
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect(answer.errors?.[0]?.message).not.toMatch(/Unexpected error/);
    expect(await readTables(gateway)).toBe(before);
  });

  it.each([
    ['{ upsertCustomer(input: { reference: "a" }) { __typename } }'],
    ['mutation { upsertCustomer(input: { reference: "a", logo: "x" }) { __typename } }'],
    ['mutation { upsertCustomer(input: { reference: "a", dueDateConfigType: 1 }) { __typename } }'],
    [
      'mutation { upsertCustomer(input: { reference: "a", customerCategory: { id: 1, reference: "b" } }) { __typename } }',
    ],
    ['mutation { upsertCustomer(input: { reference: "a", latitude: NaN }) { __typename } }'],
    ['mutation { upsertCustomer(input: { reference: "a" }) }'],
    ['mutation { deleteCustomer(reference: "a") }'],
    ['mutation {'],
    [''],
  ])('refuses the document %j', async (query) => {
    const before = await readTables(gateway);
    const plain = await gateway.graphql(query);
    expect(plain.data).toBeUndefined();
    expect(plain.errors?.[0]?.message).not.toMatch(/Unexpected error/);
    // GraphQL over HTTP: 400 for who accepts its own media type; 200 in the old application/json is up to the server.
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
    const modern = await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(modern.status).toBe(400);
    expect(await modern.json()).toEqual({ errors: plain.errors });
    expect(await readTables(gateway)).toBe(before);
  });

  it('takes single values where a list is expected, as GraphQL does', async () => {
    const input = { ...valid, reference: fresh(), paymentTypes: { id: '7' } };
    expect(resultOf(await gateway.graphql(customerMutation, { input }))).toMatchObject({ outcome: 'CREATED' });
  });

  it('refuses numbers that JSON can hold and a float cannot', async () => {
    const before = await readTables(gateway);
    const body = `{"query":${JSON.stringify(customerMutation)},"variables":{"input":{"reference":"a","name":"x","creditLimit":1e309}}}`;
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.fetch('/graphql', { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await readTables(gateway)).toBe(before);
  });
});
