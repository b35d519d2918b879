import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FormFields, type TestGateway, openTestGateway } from './support/gateway.ts';
import {
  createReferences,
  expectDone,
  expectFailure,
  expectInvalid,
  expectMissing,
  warningsOf,
} from './support/rest.ts';

const freshReference = createReferences('customer');
const saveFailed = [400, 'save_failed', 'Failed to save instance.'] as const;
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

function post(reference: string, fields: Readonly<Record<string, string>> = {}) {
  return gateway.postCustomer(reference, { name: 'Any', ...fields } satisfies FormFields);
}

async function create(fields: Readonly<Record<string, string>> = {}, reference = freshReference()) {
  const body = expectDone(await post(reference, fields), 'created');
  return { reference, body };
}

function read(reference: string) {
  return gateway.rest(`/api/v1.0/customers/reference/${encodeURIComponent(reference)}`);
}

describe('creating and updating a customer', () => {
  it('ruling 4: answers 201 always, and the truth in a header', async () => {
    const { reference } = await create();

    expectDone(await post(reference), 'unchanged');
    expectDone(await post(reference, { name: 'Other' }), 'updated');
    expectDone(await post(reference, { name: 'Other' }), 'unchanged');
  });

  it('ruling 13: starts with the page’s defaults', async () => {
    const { body, reference } = await create();

    expect(body).toMatchObject({
      reference,
      name: 'Any',
      categoryReference: 'root',
      isActive: true,
      isSubCustomer: false,
      parentCustomer: null,
      billWithParent: false,
      isSameAddress: true,
      onHold: false,
      currency: 'EUR',
      paymentTypes: [],
      contacts: [],
      createdBy: null,
      region: null,
    });
  });

  it('ruling 13: does not apply defaults to a customer that exists', async () => {
    const changed = {
      isActive: 'false',
      categoryId: 'jewelry',
      currency: 'USD',
      isSameAddress: 'false',
      onHold: 'true',
    };
    const { reference, body } = await create(changed);

    expect(expectDone(await post(reference), 'unchanged')).toEqual(body);
  });

  it('ruling 14: requires the name on every call', async () => {
    const { reference } = await create();

    expectMissing(await gateway.postCustomer(reference, { barcode: '1' }), 'name');
    expectMissing(await gateway.postCustomer(reference, { name: '' }), 'name');
    expectMissing(await gateway.postCustomer(reference, { name: ' \t' }), 'name');
    expect((await read(reference)).body).toMatchObject({ name: 'Any', barcode: null });
  });

  it('ruling 18: leaves lastUpdated alone when nothing changes, and moves it when something does', async () => {
    const fields = { billingCountry: 'France', creditLimit: '5000.00', paymentTypes: '[8,7]', currency: 'usd' };
    const { reference, body } = await create(fields);
    await delay(1_100);

    const same = { ...fields, billingCountry: 'FRA', creditLimit: '5e3', paymentTypes: '[{"id"=7},{"id"=8},{"id"=7}]' };
    const unchanged = expectDone(await post(reference, { ...same, currency: 'USD' }), 'unchanged');
    const updated = expectDone(await post(reference, { paymentTypes: '[7]' }), 'updated');

    expect(unchanged).toEqual(body);
    expect(updated['dateCreated']).toBe(body['dateCreated']);
    expect(Date.parse(String(updated['lastUpdated']))).toBeGreaterThan(Date.parse(String(body['lastUpdated'])));
  });

  it('ruling 19: lets one of many first writers create and the others find it there', async () => {
    const reference = freshReference();

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post(reference, { barcode: `${index}` })),
    );

    const outcomes = answers.map(({ status, headers }) => `${status} ${headers.get('x-upsert-outcome')}`).sort();
    expect(outcomes).toEqual(['201 created', ...Array.from({ length: 19 }, () => '201 updated')]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });
});

describe('a reference', () => {
  it('ruling 3: is trimmed and normalised, and case matters', async () => {
    const { reference, body } = await create({}, `${freshReference()} caf\u00e9`);

    const again = await post(`  ${reference.normalize('NFD')} `);
    const other = await post(reference.toUpperCase());

    expect(expectDone(again, 'unchanged')).toEqual(body);
    expect(expectDone(other, 'created')['reference']).toBe(reference.toUpperCase());
  });

  it('ruling 3: has at most 255 characters, none of them a control character', async () => {
    const longest = '🏷'.repeat(255);

    expect(expectDone(await post(longest), 'created')['reference']).toBe(longest);
    expectInvalid(await post(`${longest}x`), 'reference');
    for (const control of ['\0', '\n', '\u007f', '\u0085']) expectInvalid(await post(`a${control}b`), 'reference');
  });
});

describe('renaming a customer', () => {
  it('ruling 19: ignores a body reference equal to the path’s, once both are normalised', async () => {
    const { reference, body } = await create({}, `${freshReference()} é`);

    expect(expectDone(await post(reference, { reference }), 'unchanged')).toEqual(body);
    expectDone(await post(reference, { reference: ` ${reference.normalize('NFD')} ` }), 'unchanged');
    expectDone(await post(reference, { reference: '' }), 'unchanged');
  });

  it('ruling 19: renames by a different one, and keeps the record', async () => {
    const { reference, body } = await create({ barcode: '1' });
    const renamed = freshReference();

    const answer = expectDone(await post(reference, { reference: renamed, phone: '2' }), 'updated');

    expect(answer).toMatchObject({ id: body['id'], reference: renamed, barcode: '1', phone: '2' });
    expect((await read(reference)).status).toBe(404);
    expect((await read(renamed)).body).toEqual(answer);
    expectDone(await post(renamed, { phone: '2' }), 'unchanged');
  });

  it('ruling 19: leaves the old reference free', async () => {
    const { reference, body } = await create();
    expectDone(await post(reference, { reference: freshReference() }), 'updated');

    const next = expectDone(await post(reference), 'created');

    expect(next['id']).not.toBe(body['id']);
  });

  it('ruling 19: refuses a reference that is taken, and changes nothing', async () => {
    const { reference, body } = await create();
    const { reference: taken } = await create();

    const answer = await post(reference, { reference: taken, name: 'Other' });

    expectFailure(answer, 400, 'not_unique', 'reference already used');
    expect((await read(reference)).body).toEqual(body);
  });

  it('ruling 19: lets one of many renames to one reference through', async () => {
    const renamed = freshReference();
    const customers = await Promise.all(Array.from({ length: 5 }, () => create()));

    const answers = await Promise.all(customers.map(({ reference }) => post(reference, { reference: renamed })));

    const outcomes = answers.map(({ status, body }) => body['error'] ?? status).sort();
    expect(outcomes).toEqual([201, ...Array.from({ length: 4 }, () => 'not_unique')]);
  });

  it('ruling 19: follows the path on creation, with a warning, even if the other reference is taken', async () => {
    const { reference: taken } = await create();
    for (const other of [freshReference(), taken]) {
      const reference = freshReference();

      const answer = await post(reference, { reference: other });

      expect(expectDone(answer, 'created', 'reference_ignored')['reference']).toBe(reference);
    }
  });

  it('ruling 3: refuses a new reference that cannot be one', async () => {
    const { reference } = await create();

    expectInvalid(await post(reference, { reference: 'x'.repeat(256) }), 'reference');
    expectInvalid(await post(reference, { reference: 'a\0b' }), 'reference');
  });
});

describe('a sub-customer', () => {
  it('ruling 15: needs a parent', async () => {
    const { reference } = await create();

    expectMissing(await post(reference, { isSubCustomer: 'true' }), 'parentCustomer');
    expectMissing(await post(reference, { isSubCustomer: 'true', parentCustomer: '' }), 'parentCustomer');
    expectMissing(await post(freshReference(), { isSubCustomer: 'true' }), 'parentCustomer');
  });

  it('rulings 14 and 15: keeps the parent it has', async () => {
    const { reference: parentCustomer, body: parent } = await create();
    const { reference, body } = await create({ isSubCustomer: 'true', parentCustomer, billWithParent: 'true' });

    expect(expectDone(await post(reference, { isSubCustomer: 'true' }), 'unchanged')).toEqual(body);
    const { id, name } = parent;
    expect(body['parentCustomer']).toEqual({
      id,
      reference: parentCustomer,
      name,
      href: `/api/v1.0/customers/${String(id)}`,
    });
    expect(Object.keys(body['parentCustomer'] ?? {})).toEqual(['id', 'reference', 'name', 'href']);
  });

  it('ruling 15: loses parent and billWithParent by isSubCustomer=false', async () => {
    const { reference: parentCustomer } = await create();
    const { reference } = await create({ isSubCustomer: 'true', parentCustomer, billWithParent: 'true' });

    const body = expectDone(await post(reference, { isSubCustomer: 'false' }), 'updated');

    expect(body).toMatchObject({ isSubCustomer: false, parentCustomer: null, billWithParent: false });
  });

  it('ruling 15: is not made by a parent alone, which is ignored unchecked, with a warning', async () => {
    const { reference: parentCustomer } = await create();

    for (const parent of [parentCustomer, 'nobody']) {
      const body = expectDone(await post(freshReference(), { parentCustomer: parent }), 'created', 'parent_ignored');
      expect(body).toMatchObject({ isSubCustomer: false, parentCustomer: null });
    }
  });

  it('ruling 15: bills itself where it is no sub-customer', async () => {
    const answer = await post(freshReference(), { billWithParent: 'true' });

    expect(answer).toMatchObject({ status: 201, body: { billWithParent: false } });
    expect(warningsOf(answer)).toEqual(['bill_with_parent_ignored']);
  });

  it('ruling 15: is neither its own parent nor its descendants’ child', async () => {
    const { reference: top } = await create();
    const { reference: middle } = await create({ isSubCustomer: 'true', parentCustomer: top });
    const { reference: bottom } = await create({ isSubCustomer: 'true', parentCustomer: middle });

    for (const parentCustomer of [top, middle, bottom]) {
      expectFailure(await post(top, { isSubCustomer: 'true', parentCustomer }), ...saveFailed);
    }
    const fresh = freshReference();
    expectFailure(await post(fresh, { isSubCustomer: 'true', parentCustomer: fresh }), ...saveFailed);
    expectDone(await post(bottom, { parentCustomer: top }), 'updated');
  });

  it('ruling 15: never closes a circle, also when two moves race', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { reference: a } = await create();
      const { reference: b } = await create();

      const answers = await Promise.all([
        post(a, { isSubCustomer: 'true', parentCustomer: b }),
        post(b, { isSubCustomer: 'true', parentCustomer: a }),
      ]);

      expect(answers.map(({ status, body }) => body['error'] ?? status).sort()).toEqual([201, 'save_failed']);
    }
  });
});

describe('a due date', () => {
  it('ruling 16: needs the number with the type', async () => {
    expectMissing(await post(freshReference(), { dueDateConfigType: '1' }), 'dueDateConfigNumber');

    const { reference, body } = await create({ dueDateConfigNumber: '7' });
    expect(body).toMatchObject({ dueDateConfigNumber: 7, dueDateConfigType: null });
    expectDone(await post(reference, { dueDateConfigType: '1' }), 'updated');
    expectMissing(await post(reference, { dueDateConfigNumber: '' }), 'dueDateConfigNumber');
  });

  it('ruling 16: loses the number with the type', async () => {
    const { reference } = await create({ dueDateConfigNumber: '7', dueDateConfigType: '2' });

    const body = expectDone(await post(reference, { dueDateConfigType: '' }), 'updated');

    expect(body).toMatchObject({ dueDateConfigNumber: null, dueDateConfigType: null });
  });

  it('ruling 16: ignores a number that comes as the type is cleared, with a warning', async () => {
    const answer = await post(freshReference(), { dueDateConfigNumber: '7', dueDateConfigType: '' });

    const body = expectDone(answer, 'created', 'due_date_number_ignored');
    expect(body).toMatchObject({ dueDateConfigNumber: null, dueDateConfigType: null });
  });
});

describe('a hold', () => {
  it('ruling 33: loses its reason when it ends', async () => {
    const { reference } = await create({ onHold: 'true', onHoldReason: 'Late payer' });

    const body = expectDone(await post(reference, { onHold: 'false' }), 'updated');

    expect(body).toMatchObject({ onHold: false, onHoldReason: null });
  });

  it('ruling 33: keeps a reason sent in the same call, and the stored one otherwise', async () => {
    const { reference } = await create({ onHold: 'true', onHoldReason: 'Late payer' });

    expect(expectDone(await post(reference, { onHold: 'true' }), 'unchanged')['onHoldReason']).toBe('Late payer');
    const body = expectDone(await post(reference, { onHold: 'false', onHoldReason: 'Paid' }), 'updated');
    expect(body).toMatchObject({ onHold: false, onHoldReason: 'Paid' });
  });
});
