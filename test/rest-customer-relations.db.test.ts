import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import {
  createReferences,
  expectDone,
  expectFailure,
  expectInvalid,
  expectMissing,
  expectNotFound,
  pick,
  sentences,
} from './support/rest.ts';

const freshReference = createReferences('relation');
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Fields = Readonly<Record<string, string>>;

function post(fields: Fields, reference = freshReference()) {
  return gateway.postCustomer(reference, { name: 'Any', ...fields });
}

/** Each parameter, a record it may name, and where the answer shows which one it named. */
const relations = [
  { name: 'categoryId', noun: 'customer category', key: 'customerCategory', reference: '101', id: '3' },
  {
    name: 'customerSegmentationId',
    noun: 'customer segmentation',
    key: 'customerSegmentation',
    reference: 'seg_b',
    id: '2',
  },
  { name: 'userId', noun: 'user', key: 'createdBy', reference: 'emp-003', id: '3' },
] as const;

describe.each(relations)('$name', ({ name, noun, key, reference, id }) => {
  it('ruling 26: takes a reference or an id', async () => {
    for (const value of [reference, id, ` ${reference} `]) {
      const body = expectDone(await post({ [name]: value }), 'created');
      expect(pick(body, key, 'reference')).toBe(reference);
    }
  });

  it('ruling 26: takes references only with useExternalId=true', async () => {
    expectDone(await post({ [name]: reference, useExternalId: 'true' }), 'created');
    expectNotFound(await post({ [name]: id, useExternalId: 'true' }), noun, id);
  });

  it('ruling 26: takes ids only with useExternalId=false', async () => {
    const body = expectDone(await post({ [name]: id, useExternalId: 'FALSE' }), 'created');

    expect(pick(body, key, 'reference')).toBe(reference);
    expectInvalid(await post({ [name]: `x${reference}`, useExternalId: 'false' }), name);
  });

  it('ruling 6: is not found by what nothing is called, in the words of the contract', async () => {
    for (const value of ['9999', 'nothing', 'NOTHING É "<&>', '9223372036854775807', '9223372036854775808', '00099']) {
      expectNotFound(await post({ [name]: value }), noun, value);
    }
  });

  it('ruling 6: is named as it was sent, leading zeros too, where only ids are meant', async () => {
    expectNotFound(await post({ [name]: '0099', useExternalId: 'false' }), noun, '0099');
  });

  it('ruling 21: is an id from 1 to 2^63 − 1, where only ids are meant', async () => {
    for (const value of ['0', '-1', '1.0', '9223372036854775808']) {
      expectInvalid(await post({ [name]: value, useExternalId: 'false' }), name);
    }
  });
});

describe('useExternalId', () => {
  it('ruling 20: is a boolean', async () => {
    const answer = await post({ useExternalId: 'yes' });

    expectFailure(answer, 400, 'invalid_param_type', sentences.invalidBoolean('useExternalId'));
  });

  it('rulings 17 and 26: means nothing when it is empty', async () => {
    for (const categoryId of ['jewelry', '2']) {
      expectDone(await post({ categoryId, useExternalId: '' }), 'created');
    }
  });

  it('rulings 26, 28 and 29: leaves payment types and the region ids', async () => {
    const fields = { paymentTypes: '[7]', regionId: '3', useExternalId: 'true' };

    const body = expectDone(await post(fields), 'created');

    expect(body).toMatchObject({ paymentTypes: [{ id: 7 }], region: { id: 3 } });
  });
});

describe('a value that is a reference and an id', () => {
  it('ruling 26: is the reference, with a warning', async () => {
    const category = await gateway.postCategory('2', { name: 'Called 2', parentId: 'root' });
    expectDone(category, 'created');

    const both = expectDone(await post({ categoryId: '2' }), 'created', 'ambiguous_key');
    const byReference = expectDone(await post({ categoryId: '2', useExternalId: 'true' }), 'created');
    const byId = expectDone(await post({ categoryId: '2', useExternalId: 'false' }), 'created');

    expect([both, byReference, byId].map(({ categoryReference }) => categoryReference)).toEqual(['2', '2', 'jewelry']);
  });

  it('ruling 26: is the parent of that reference', async () => {
    const someone = expectDone(await post({}), 'created');
    const id = String(someone['id']);
    expectDone(await post({}, id), 'created');

    const fields = { isSubCustomer: 'true', parentCustomer: id };
    const both = expectDone(await post(fields), 'created', 'ambiguous_key');
    const byId = expectDone(await post({ ...fields, useExternalId: 'false' }), 'created');

    expect(pick(both, 'parentCustomer', 'reference')).toBe(id);
    expect(pick(byId, 'parentCustomer', 'reference')).toBe(someone['reference']);
  });

  it('ruling 26: has no warning where both are one record', async () => {
    const first = expectDone(await post({}), 'created');
    const id = String(Number(first['id']) + 1);
    expect(expectDone(await post({}, id), 'created')['id']).toBe(Number(id));

    expectDone(await post({ isSubCustomer: 'true', parentCustomer: id }), 'created');
  });
});

describe('a parent customer', () => {
  it('rulings 6, 26: is a reference or an id, and otherwise not found', async () => {
    const parent = expectDone(await post({}), 'created');
    for (const value of [String(parent['reference']), String(parent['id'])]) {
      const body = expectDone(await post({ isSubCustomer: 'true', parentCustomer: value }), 'created');
      expect(pick(body, 'parentCustomer', 'id')).toBe(parent['id']);
    }
    for (const value of ['99999', 'nobody']) {
      expectNotFound(await post({ isSubCustomer: 'true', parentCustomer: value }), 'parent customer', value);
    }
  });
});

describe('the category', () => {
  it('rulings 17 and 27: is the root when it is omitted on creation, or empty', async () => {
    const reference = freshReference();

    expect(expectDone(await post({}, reference), 'created')['categoryReference']).toBe('root');
    expect(expectDone(await post({ categoryId: 'jewelry' }, reference), 'updated')['categoryReference']).toBe(
      'jewelry',
    );
    expect(expectDone(await post({ categoryId: '' }, reference), 'updated')['categoryReference']).toBe('root');
  });

  it('ruling 27: is missing where the organization has no root', async () => {
    await using rootless = await openTestGateway();
    await rootless.database.db.deleteFrom('customer_categories').where('reference', '!=', 'root').execute();
    await rootless.database.db.deleteFrom('customer_categories').execute();

    expectMissing(await rootless.postCustomer('a', { name: 'Any' }), 'categoryId');
    expectMissing(await rootless.postCustomer('a', { name: 'Any', categoryId: '' }), 'categoryId');
    expectMissing(await rootless.postCustomer('a', { name: '' }), 'name');
    expectNotFound(await rootless.postCustomer('a', { name: 'Any', categoryId: 'x' }), 'customer category', 'x');
  });
});

describe('payment types', () => {
  it.each([
    '[{"id"=7},{"id"=8}]',
    '[{"id":7},{"id":8}]',
    '[{"id"=>7},{"id"=>8}]',
    '[{"id"=7};{"id"=8}]',
    '[{id=7},{id=8}]',
    "[{'id':'7'},{'id':'8'}]",
    '[7,8]',
    ' [ { "id" : 8 } , { "id" : 7 } ] ',
    '[8,7,8,7]',
  ])('ruling 28: may be written %s', async (paymentTypes) => {
    const body = expectDone(await post({ paymentTypes }), 'created');

    expect(body['paymentTypes']).toEqual([
      { id: 7, reference: 'cash', name: 'cash', href: '/api/v1.0/paymentTypes/7' },
      { id: 8, reference: 'cheque', name: 'cheque', href: '/api/v1.0/paymentTypes/8' },
    ]);
  });

  it('ruling 28: are replaced as a whole, and cleared by an empty list', async () => {
    const reference = freshReference();
    expectDone(await post({ paymentTypes: '[7,8]' }, reference), 'created');

    expect(expectDone(await post({ paymentTypes: '[9,8]' }, reference), 'updated')).toMatchObject({
      paymentTypes: [{ id: 8 }, { id: 9 }],
    });
    expect(expectDone(await post({ paymentTypes: '[]' }, reference), 'updated')['paymentTypes']).toEqual([]);
    expectDone(await post({ paymentTypes: '[]' }, reference), 'unchanged');
  });

  it('ruling 28: are ids', async () => {
    for (const value of [
      '["cash"]',
      '[{"id"="cash"}]',
      '[7.5]',
      '[-7]',
      '[0]',
      '[7,9223372036854775808]',
      '[{"id":null}]',
    ]) {
      expectInvalid(await post({ paymentTypes: value }), 'payment type id');
    }
  });

  it('ruling 28: are refused where they cannot be read', async () => {
    for (const value of ['7,8', 'cash', '[7', '[{"id"=7]', '{"id"=7}}']) {
      expectInvalid(await post({ paymentTypes: value }), 'paymentTypes');
    }
  });

  it('rulings 6 and 28: are not found by an unknown id, the first one first, as it was sent', async () => {
    expectNotFound(await post({ paymentTypes: '[7,999,998]' }), 'payment type', '999');
    expectNotFound(await post({ paymentTypes: '[{"id"=0999}]' }), 'payment type', '0999');
  });

  it('ruling 28: are 250 at most', async () => {
    const ids = (count: number) => JSON.stringify(Array.from({ length: count }, (_, index) => index + 1_000));

    expectNotFound(await post({ paymentTypes: ids(250) }), 'payment type', '1000');
    expectInvalid(await post({ paymentTypes: ids(251) }), 'paymentTypes');
  });
});

describe('the currency', () => {
  it('ruling 25: is a configured one in any case, by default the organization’s', async () => {
    expect(expectDone(await post({}), 'created')['currency']).toBe('EUR');
    expect(expectDone(await post({ currency: 'gbp' }), 'created')['currency']).toBe('GBP');
  });

  it('rulings 6 and 25: is otherwise not found, in the words of the contract', async () => {
    for (const currency of ['JPY', 'jpy', 'zzz']) expectNotFound(await post({ currency }), 'currency', currency);
  });
});

describe('a region', () => {
  it('ruling 29: is of the configured level', async () => {
    const body = expectDone(await post({ regionId: '4' }), 'created');

    expect(body['region']).toEqual({ id: 4, name: 'Buffalo', href: '/api/v1.0/regions/4' });
    for (const regionId of ['1', '2']) {
      expectFailure(await post({ regionId }), 400, 'save_failed', 'Failed to save instance.');
    }
  });

  it('rulings 6 and 29: is not found by an unknown id, as it was sent', async () => {
    for (const regionId of ['99', '9223372036854775807', '0099']) {
      expectNotFound(await post({ regionId }), 'region', regionId);
    }
  });
});

describe('the creator', () => {
  it('rulings 13 and 30: is nobody by default, and answered by userId', async () => {
    const reference = freshReference();
    expect(expectDone(await post({}, reference), 'created')['createdBy']).toBeNull();

    const body = expectDone(await post({ userId: '2' }, reference), 'updated');

    expect(JSON.stringify(body['createdBy'])).toBe('{"userId":2,"reference":"emp-002","href":"/api/v1.0/users/2"}');
  });
});
