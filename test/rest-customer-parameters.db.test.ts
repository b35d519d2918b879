import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ParameterRow, customerParameterRows } from './fixtures/contract/customer-parameters.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import {
  createReferences,
  expectDone,
  expectFailure,
  expectInvalid,
  expectMissing,
  pick,
  sentences,
} from './support/rest.ts';

const freshReference = createReferences('parameter');
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
  expectDone(await gateway.postCustomer('a-parent', { name: 'A parent' }), 'created');
});

afterAll(() => gateway[Symbol.asyncDispose]());

function fieldsOf({ name, sent, needs }: ParameterRow): Record<string, string> {
  return { name: 'Any', ...needs, [name]: sent };
}

function shown(body: Record<string, unknown>, { name, key = name }: ParameterRow): unknown {
  const [outer = '', inner] = key.split('.');
  return inner === undefined ? body[outer] : pick(body, outer, inner);
}

const texts = customerParameterRows.flatMap((row) => (row.max === undefined ? [] : [{ ...row, max: row.max }]));
const clearing = customerParameterRows.filter(({ emptied }) => emptied === 'clears');
const keeping = customerParameterRows.filter(({ emptied }) => emptied === 'keeps');
const required = customerParameterRows.filter(({ emptied }) => emptied === 'is missing');
const illTyped = customerParameterRows.flatMap((row) =>
  row.illTyped.map((value) => ({ ...row, value, label: JSON.stringify(value.slice(0, 20)) })),
);

describe('a customer’s parameters', () => {
  it('are the 39 of the page’s table', () => {
    expect(new Set(customerParameterRows.map(({ name }) => name)).size).toBe(39);
  });

  it.each(customerParameterRows)('sets $name and reads it back, at once and later', async (row) => {
    const reference = freshReference();

    const body = expectDone(await gateway.postCustomer(reference, fieldsOf(row)), 'created');
    const later = await gateway.rest(`/api/v1.0/customers/reference/${reference}`);

    expect(shown(body, row)).toEqual(row.answered);
    expect(later).toMatchObject({ status: 200, body });
  });

  it.each(customerParameterRows)('ruling 13: keeps $name when it is omitted', async (row) => {
    const reference = freshReference();
    const before = expectDone(await gateway.postCustomer(reference, fieldsOf(row)), 'created');

    const { name } = fieldsOf(row);
    const after = expectDone(await gateway.postCustomer(reference, { name: name ?? 'Any' }), 'unchanged');

    expect(after).toEqual(before);
  });

  it.each(clearing)('ruling 17: clears $name when it is empty', async (row) => {
    const reference = freshReference();
    const before = expectDone(await gateway.postCustomer(reference, fieldsOf(row)), 'created');
    const fields = { name: 'Any', [row.name]: '' };

    const after = expectDone(await gateway.postCustomer(reference, fields), 'updated');

    expect(shown(before, row)).toEqual(row.answered);
    expect(shown(after, row) ?? null).toEqual(row.cleared ?? null);
    expectDone(await gateway.postCustomer(reference, fields), 'unchanged');
  });

  it.each(keeping)('ruling 17: takes an empty $name for absent', async (row) => {
    const reference = freshReference();
    const before = expectDone(await gateway.postCustomer(reference, fieldsOf(row)), 'created');

    const after = expectDone(await gateway.postCustomer(reference, { name: 'Any', [row.name]: '' }), 'unchanged');

    expect(after).toEqual(before);
  });

  it.each(keeping)('ruling 17: takes an empty $name for absent on creation', async (row) => {
    const usual = expectDone(await gateway.postCustomer(freshReference(), { name: 'Any' }), 'created');

    const body = expectDone(await gateway.postCustomer(freshReference(), { name: 'Any', [row.name]: '' }), 'created');

    expect(shown(body, row)).toEqual(shown(usual, row));
  });

  it.each(required)('rulings 14 and 15: calls an empty $name missing where the record needs it', async (row) => {
    const reference = freshReference();
    expectDone(await gateway.postCustomer(reference, fieldsOf(row)), 'created');

    expectMissing(await gateway.postCustomer(reference, { name: 'Any', [row.name]: '' }), row.name);
  });

  it.each(illTyped)('rulings 11, 12, 20, 21: refuses $name=$label', async (row) => {
    const reference = freshReference();

    const answer = await gateway.postCustomer(reference, { ...fieldsOf(row), [row.name]: row.value });

    if (row.isBoolean) expectFailure(answer, 400, 'invalid_param_type', sentences.invalidBoolean(row.name));
    else expectInvalid(answer, row.name);
    expect((await gateway.rest(`/api/v1.0/customers/reference/${reference}`)).status).toBe(404);
  });

  it.each(texts)('ruling 12: takes $max characters as $name and no more', async ({ max, ...row }) => {
    const value = '𝒳'.repeat(max);

    const atMost = await gateway.postCustomer(freshReference(), { ...fieldsOf(row), [row.name]: value });
    const more = await gateway.postCustomer(freshReference(), { ...fieldsOf(row), [row.name]: `${value}𝒳` });

    expect(expectDone(atMost, 'created')[row.name]).toBe(value);
    expectInvalid(more, row.name);
  });

  it('ruling 20: takes booleans in any case', async () => {
    const fields = { name: 'Any', isActive: 'FALSE', onHold: 'True', isSameAddress: 'fAlSe' };

    const body = expectDone(await gateway.postCustomer(freshReference(), fields), 'created');

    expect(body).toMatchObject({ isActive: false, onHold: true, isSameAddress: false });
  });

  it.each([
    ['5000.00', '5000'],
    ['+5000', '5000'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['-0', '0'],
    ['0.1', '0.1'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['5e-324', '5e-324'],
  ])('rulings 21 and 22: answers creditLimit=%s as the number %s', async (sent, answered) => {
    const answer = await gateway.postCustomer(freshReference(), { name: 'Any', creditLimit: sent });

    expectDone(answer, 'created');
    expect(answer.text).toContain(`"creditLimit":${answered},`);
  });

  it.each([
    ['billingLat', '90', '-90'],
    ['billingLng', '180', '-180'],
    ['latitude', '90', '-90'],
    ['longitude', '180', '-180'],
    ['creditLimit', '0', '0'],
    ['dueDateConfigNumber', '0', '2147483647'],
  ])('ruling 21: takes the bounds of %s', async (name, ...bounds) => {
    for (const bound of bounds) {
      const fields = { name: 'Any', isSameAddress: 'false', [name]: bound };
      expect(expectDone(await gateway.postCustomer(freshReference(), fields), 'created')[name]).toBe(Number(bound));
    }
  });

  it('ruling 22: answers dates in UTC and whole seconds, and ids as numbers', async () => {
    const body = expectDone(await gateway.postCustomer(freshReference(), { name: 'Any', regionId: '3' }), 'created');

    for (const key of ['dateCreated', 'lastUpdated']) expect(body[key]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.parse(String(body['dateCreated'])) - Date.now())).toBeLessThan(60_000);
    expect(body['id']).toBeTypeOf('number');
  });

  it.each([
    ['1', 'daysAfterInvoiceDate'],
    ['2', 'daysAfterEndOfInvoiceMonth'],
    ['daysAfterInvoiceDate', 'daysAfterInvoiceDate'],
    ['daysAfterEndOfInvoiceMonth', 'daysAfterEndOfInvoiceMonth'],
  ])('ruling 23: answers dueDateConfigType=%s as %s', async (sent, answered) => {
    const fields = { name: 'Any', dueDateConfigType: sent, dueDateConfigNumber: '7' };

    const body = expectDone(await gateway.postCustomer(freshReference(), fields), 'created');

    expect(body['dueDateConfigType']).toBe(answered);
  });

  it.each([
    ['fr', 'FR'],
    ['FRA', 'FR'],
    ['fra', 'FR'],
    ['France', 'FR'],
    ['FRANCE', 'FR'],
    ['Germany', 'DE'],
    ['Allemagne', 'DE'],
    ['Côte d’Ivoire', 'CI'],
    ["cote d'ivoire", 'CI'],
    ['États-Unis', 'US'],
    ['etats-unis', 'US'],
    ['United States', 'US'],
    ['United States of America', 'US'],
    ['USA', 'US'],
    ['Royaume-Uni', 'GB'],
    ['Türkiye', 'TR'],
    ['Turkey', 'TR'],
    ['Pays-Bas', 'NL'],
  ])('ruling 24: answers the country %s as %s', async (sent, alpha2) => {
    const body = expectDone(
      await gateway.postCustomer(freshReference(), { name: 'Any', billingCountry: sent }),
      'created',
    );

    expect(body).toMatchObject({ billingCountry: alpha2, country: alpha2 });
  });

  it.each(['FR\0', '\0FR', 'F\0R', 'France\0'])('ruling 11: refuses U+0000 in the country %j', async (country) => {
    expectInvalid(await gateway.postCustomer(freshReference(), { name: 'Any', country }), 'country');
  });
});
