import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { createReferences, expectDone } from './support/rest.ts';

const freshReference = createReferences('address');
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Fields = Readonly<Record<string, string>>;

function post(reference: string, fields: Fields) {
  return gateway.postCustomer(reference, { name: 'Any', ...fields });
}

/** Each part of an address: its billing and shipping parameters, and two values of it as they are answered. */
const parts = [
  { billing: 'billingCountry', shipping: 'country', values: ['FR', 'DE'] },
  { billing: 'billingCity', shipping: 'city', values: ['Nice', 'Köln'] },
  { billing: 'billingPostalCode', shipping: 'postalCode', values: ['06000', '50667'] },
  { billing: 'billingAddress', shipping: 'address', values: ['1 quai Lunel', 'Domkloster 4'] },
  { billing: 'billingLat', shipping: 'latitude', values: [43.7, 50.9] },
  { billing: 'billingLng', shipping: 'longitude', values: [7.3, 6.9] },
] as const;

describe.each(parts)('$billing and $shipping', ({ billing, shipping, values: [one, other] }) => {
  it('ruling 32: are both the billing value where the addresses are the same', async () => {
    const body = expectDone(await post(freshReference(), { [billing]: String(one) }), 'created');

    expect(body).toMatchObject({ isSameAddress: true, [billing]: one, [shipping]: one });
  });

  it('ruling 32: are both the shipping value where only that was sent', async () => {
    const reference = freshReference();

    const created = expectDone(await post(reference, { [shipping]: String(one) }), 'created');
    const updated = expectDone(await post(reference, { [shipping]: String(other) }), 'updated');

    expect(created).toMatchObject({ [billing]: one, [shipping]: one });
    expect(updated).toMatchObject({ [billing]: other, [shipping]: other });
  });

  it('ruling 32: are both the billing value where two were sent, with a warning if they differ', async () => {
    const both = { [billing]: String(one), [shipping]: String(other) };
    const same = { [billing]: String(one), [shipping]: String(one) };

    const body = expectDone(await post(freshReference(), both), 'created', 'shipping_ignored');
    expectDone(await post(freshReference(), same), 'created');

    expect(body).toMatchObject({ [billing]: one, [shipping]: one });
  });

  it('rulings 17 and 32: are cleared together', async () => {
    for (const cleared of [billing, shipping]) {
      const reference = freshReference();
      expectDone(await post(reference, { [billing]: String(one) }), 'created');

      const body = expectDone(await post(reference, { [cleared]: '' }), 'updated');

      expect(body).toMatchObject({ [billing]: null, [shipping]: null });
    }
  });

  it('ruling 32: are apart where the addresses are not the same, until they are', async () => {
    const reference = freshReference();
    const fields = { isSameAddress: 'false', [billing]: String(one), [shipping]: String(other) };
    expect(expectDone(await post(reference, fields), 'created')).toMatchObject({ [billing]: one, [shipping]: other });
    expect(expectDone(await post(reference, { [shipping]: '' }), 'updated')).toMatchObject({
      [billing]: one,
      [shipping]: null,
    });

    const body = expectDone(await post(reference, { isSameAddress: 'true' }), 'updated');

    expect(body).toMatchObject({ isSameAddress: true, [billing]: one, [shipping]: one });
  });

  it('rulings 13 and 32: stay alike when the addresses part', async () => {
    const reference = freshReference();
    expectDone(await post(reference, { [billing]: String(one) }), 'created');

    const apart = expectDone(await post(reference, { isSameAddress: 'false' }), 'updated');
    const moved = expectDone(await post(reference, { [shipping]: String(other) }), 'updated');

    expect(apart).toMatchObject({ isSameAddress: false, [billing]: one, [shipping]: one });
    expect(moved).toMatchObject({ [billing]: one, [shipping]: other });
  });
});

describe('the two addresses of a customer', () => {
  it('rulings 24 and 32: are the same if two spellings mean one country', async () => {
    const fields = { billingCountry: 'FR', country: 'France' };

    const body = expectDone(await post(freshReference(), fields), 'created');

    expect(body).toMatchObject({ billingCountry: 'FR', country: 'FR' });
  });

  it('ruling 32: are merged part by part', async () => {
    const reference = freshReference();
    expectDone(await post(reference, { billingCountry: 'FR', billingCity: 'Nice' }), 'created');

    const body = expectDone(await post(reference, { city: 'Paris', postalCode: '75001' }), 'updated');

    const merged = { country: 'FR', city: 'Paris', postalCode: '75001' };
    expect(body).toMatchObject({
      ...merged,
      billingCountry: 'FR',
      billingCity: 'Paris',
      billingPostalCode: '75001',
    });
  });
});
