import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, encodeForm, openTestGateway } from './support/gateway.ts';
import { makePicture, toFile } from './support/pictures.ts';
import { createReferences } from './support/rest.ts';
import { readTables } from './support/upserts.ts';

let gateway: TestGateway;
const nextReference = createReferences('intent');

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Result = Record<string, unknown> & { readonly errors?: readonly Record<string, unknown>[] };

const mutation = `mutation ($input: UpsertCustomerInput!, $mode: UpsertMode! = UPSERT, $ifVersion: Int, $validateOnly: Boolean! = false) {
  result: upsertCustomer(input: $input, mode: $mode, ifVersion: $ifVersion, validateOnly: $validateOnly) {
    __typename
    ... on UpsertSuccess { outcome changedFields warnings { code } }
    ... on UpsertCustomerSuccess { changes { field before after } customer { name version logo { width } } }
    ... on UpsertFailure { errors { code message path currentVersion } }
  }
}`;

async function upsert(input: object, intent: object = {}, files: Record<string, Blob> = {}): Promise<Result> {
  const answer = await gateway.graphql(mutation, { input, ...intent }, files);
  expect(answer.errors).toBeUndefined();
  return answer.data?.['result'] as Result;
}

function post(reference: string, fields: Record<string, string>, headers: Record<string, string> = {}, query = '') {
  const body = encodeForm(fields);
  return gateway.rest(`/api/v1.0/customers/reference/${reference}${query}`, { method: 'POST', body, headers });
}

const conflict = (message: string, currentVersion: number | null) => ({
  __typename: 'UpsertFailure',
  errors: [{ code: 'CONFLICT', message, path: ['reference'], currentVersion }],
});

describe('CREATE_ONLY', () => {
  it('creates what is not there, and is a conflict where it is, at both doors', async () => {
    const reference = nextReference();
    expect(await upsert({ reference, name: 'a' }, { mode: 'CREATE_ONLY' })).toMatchObject({ outcome: 'CREATED' });
    const again = await upsert({ reference, name: 'b' }, { mode: 'CREATE_ONLY' });
    expect(again).toStrictEqual(conflict('The record exists already.', 1));
    const refused = await post(reference, { name: 'b' }, { 'if-none-match': '*' });
    expect(refused.status).toBe(412);
    expect(refused.text).toBe('{"error":"conflict","error_description":"The record exists already."}');
    expect((await post(nextReference(), { name: 'b' }, { 'if-none-match': '*' })).status).toBe(201);
    expect(await upsert({ reference })).toMatchObject({ outcome: 'UNCHANGED', customer: { name: 'a', version: 1 } });
  });
});

describe('UPDATE_ONLY', () => {
  it('updates what is there, and is a conflict where it is not, at both doors', async () => {
    const reference = nextReference();
    const missing = await upsert({ reference, name: 'a' }, { mode: 'UPDATE_ONLY' });
    expect(missing).toStrictEqual(conflict('The record does not exist.', null));
    expect((await post(reference, { name: 'a' }, { 'if-match': '*' })).status).toBe(412);
    await upsert({ reference, name: 'a' });
    expect(await upsert({ reference, name: 'b' }, { mode: 'UPDATE_ONLY' })).toMatchObject({ outcome: 'UPDATED' });
    const updated = await post(reference, { name: 'c' }, { 'if-match': '*' });
    expect([updated.status, updated.headers.get('etag')]).toEqual([201, '"3"']);
  });
});

describe('ifVersion', () => {
  it('writes only over that version, and tells the one that is there', async () => {
    const reference = nextReference();
    expect(await upsert({ reference, name: 'a' }, { ifVersion: 1 })).toStrictEqual(
      conflict('The record does not exist.', null),
    );
    await upsert({ reference, name: 'a' });
    expect(await upsert({ reference, name: 'b' }, { ifVersion: 1 })).toMatchObject({ customer: { version: 2 } });
    expect(await upsert({ reference, name: 'c' }, { ifVersion: 1 })).toStrictEqual(
      conflict('The record has version 2.', 2),
    );
  });

  it('lets one of many writers of the same version through', async () => {
    const reference = nextReference();
    await upsert({ reference, name: 'a' });
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const results = await Promise.all(names.map((name) => upsert({ reference, name }, { ifVersion: 1 })));
    expect(results.filter(({ outcome }) => outcome === 'UPDATED')).toHaveLength(1);
    expect(results.filter(({ errors }) => errors?.[0]?.['currentVersion'] === 2)).toHaveLength(19);
  });

  it('is an If-Match at the REST door, whose answers carry the version as ETag', async () => {
    const reference = nextReference();
    const created = await post(reference, { name: 'a' });
    expect(created.headers.get('etag')).toBe('"1"');
    const read = await gateway.rest(`/api/v1.0/customers/reference/${reference}`);
    expect(read.headers.get('etag')).toBe('"1"');
    expect((await post(reference, { name: 'b' }, { 'if-match': '"1"' })).headers.get('etag')).toBe('"2"');
    const stale = await post(reference, { name: 'c' }, { 'if-match': '"1"' });
    expect([stale.status, stale.body]).toEqual([
      412,
      { error: 'conflict', error_description: 'The record has version 2.' },
    ]);
    for (const never of ['W/"2"', '"02"', '"x"', '"99999999999"', '"0"']) {
      expect([never, (await post(reference, { name: 'c' }, { 'if-match': never })).status]).toEqual([never, 412]);
    }
    for (const bad of ['2', '"1", "2"', '']) {
      const answer = await post(reference, { name: 'c' }, { 'if-match': bad });
      expect([bad, answer.status, answer.body['error']]).toEqual([bad, 400, 'invalid_param_type']);
    }
    expect((await post(reference, { name: 'c' }, { 'if-none-match': '"1"' })).status).toBe(400);
  });
});

describe('validateOnly', () => {
  it('tells what would happen, images included, and keeps nothing', async () => {
    const reference = nextReference();
    await upsert({ reference, name: 'a', email: 'a@b.c' });
    const picture = toFile(await makePicture({ format: 'png', width: 40, height: 20 }), 'logo.png');
    const [tables, files] = [await readTables(gateway), await gateway.imageFiles()];
    const input = { reference, name: 'b', email: null, parentCustomer: { id: '1' }, logo: null };
    expect(await upsert(input, { validateOnly: true }, { 'variables.input.logo': picture })).toMatchObject({
      outcome: 'UPDATED',
      changedFields: ['name', 'email', 'logo'],
      warnings: [{ code: 'PARENT_IGNORED' }],
      customer: { name: 'b', version: 2, logo: { width: 40 } },
    });
    const fresh = nextReference();
    const created = await upsert({ reference: fresh, name: 'n' }, { validateOnly: true });
    expect(created).toMatchObject({ outcome: 'CREATED', customer: { version: 1 } });
    expect(await upsert({ reference: fresh }, { validateOnly: true })).toMatchObject({
      errors: [{ code: 'MISSING_PARAM' }],
    });
    const noPicture = toFile(Buffer.from('none'), 'logo.png');
    expect(
      await upsert({ reference, logo: null }, { validateOnly: true }, { 'variables.input.logo': noPicture }),
    ).toMatchObject({ errors: [{ code: 'UNSUPPORTED_FILE_TYPE', path: ['logo'] }] });
    expect(await readTables(gateway)).toEqual(tables);
    expect(await gateway.imageFiles()).toEqual(files);
  });

  it('keeps the stored picture where another one is only tried', async () => {
    const reference = nextReference();
    const picture = async (width: number) =>
      toFile(await makePicture({ format: 'png', width, height: 20 }), 'logo.png');
    await upsert({ reference, name: 'a', logo: null }, {}, { 'variables.input.logo': await picture(40) });
    const files = await gateway.imageFiles();
    await upsert({ reference, logo: null }, { validateOnly: true }, { 'variables.input.logo': await picture(50) });
    await upsert({ reference, logo: null }, { validateOnly: true });
    expect(await gateway.imageFiles()).toEqual(files);
  });

  it('is ?validateOnly=true at the REST door: 200, since nothing is created, and no ETag', async () => {
    const reference = nextReference();
    const tried = await post(reference, { name: 'a' }, {}, '?validateOnly=true');
    expect([tried.status, tried.headers.get('x-upsert-outcome'), tried.headers.get('etag')]).toEqual([
      200,
      'created',
      null,
    ]);
    expect((await gateway.rest(`/api/v1.0/customers/reference/${reference}`)).status).toBe(404);
    expect((await post(reference, { name: '' }, {}, '?validateOnly=TRUE')).status).toBe(400);
    expect((await post(reference, { name: 'a' }, {}, '?validateOnly=false')).status).toBe(201);
    const bad = await post(reference, { name: 'a' }, {}, '?validateOnly=1');
    expect([bad.status, bad.body['error']]).toEqual([400, 'invalid_param_type']);
  });
});

describe('changes', () => {
  it('tell what was there before, of relations the references', async () => {
    const reference = nextReference();
    const before = {
      reference,
      name: 'a',
      customerCategory: { reference: 'jewelry' },
      paymentTypes: [{ id: '7' }, { id: '8' }],
      creditLimit: 5,
      dueDateConfigType: 'DAYS_AFTER_INVOICE_DATE',
      dueDateConfigNumber: 7,
    };
    expect((await upsert(before))['changes']).toContainEqual({
      field: 'customerCategory',
      before: null,
      after: 'jewelry',
    });
    const after = {
      reference,
      name: 'b',
      customerCategory: null,
      paymentTypes: [],
      creditLimit: null,
      dueDateConfigType: null,
      onHold: true,
    };
    expect((await upsert(after))['changes']).toEqual([
      { field: 'name', before: 'a', after: 'b' },
      { field: 'customerCategory', before: 'jewelry', after: 'root' },
      { field: 'creditLimit', before: '5', after: null },
      { field: 'dueDateConfigNumber', before: '7', after: null },
      { field: 'dueDateConfigType', before: 'daysAfterInvoiceDate', after: null },
      { field: 'onHold', before: 'false', after: 'true' },
      { field: 'paymentTypes', before: 'cash, cheque', after: null },
    ]);
    expect((await upsert(after))['changes']).toEqual([]);
  });
});
