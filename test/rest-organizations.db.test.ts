import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RestAnswer, type TestGateway, encodeForm, openTestGateway } from './support/gateway.ts';
import { createReferences, expectDone, expectFailure, expectMissing, expectNotFound } from './support/rest.ts';

const freshReference = createReferences('shared');
let gateway: TestGateway;

// Everything it has is called as entity1's is not, but for the ids that both have.
const elsewhere = (locations: string) => `
name: elsewhere
currency: CHF
${locations}
users: [{ id: 2, reference: emp-e, name: Eva }, { id: 20, reference: emp-f, name: Fritz }]
paymentTypes: [{ id: 7, reference: card, name: card }, { id: 70, reference: twint, name: Twint }]
customerSegmentations: [{ id: 1, reference: seg_e, name: E }, { id: 10, reference: seg_f, name: F }]
regions: [{ id: 30, name: Ticino, regions: [{ id: 31, name: Lugano, regions: [{ id: 32, name: Gandria }] }] }]
rootCategory: { id: 1, reference: all, name: All, categories: [{ id: 20, reference: shops, name: Shops }] }
`;

beforeAll(async () => {
  gateway = await openTestGateway();
  await gateway.provision(elsewhere('geographicalLocations: { enabled: false }'));
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Fields = Readonly<Record<string, string>>;
type Call = (reference: string, fields?: Fields) => Promise<RestAnswer>;

function request(address: string, organization: string | undefined, fields?: Fields): Promise<RestAnswer> {
  const headers = organization === undefined ? {} : { 'X-Organization': organization };
  const body = fields && { method: 'POST', body: encodeForm(fields) };
  return gateway.rest(`/api/v1.0/${address}`, { headers, ...body });
}

const callOf =
  (organization: string): Call =>
  (reference, fields = {}) =>
    request(`customers/reference/${reference}`, organization, { name: 'Any', ...fields });

const inEntity1 = callOf('entity1');
const inElsewhere = callOf('elsewhere');

describe('the organization of a call', () => {
  it('has to be named where there are several', async () => {
    expectMissing(await request('customers/reference/a', undefined, { name: 'Any' }), 'X-Organization');
  });

  it('has to exist', async () => {
    const answer = await request('customers/reference/a', 'nowhere', { name: 'Any' });

    expectFailure(answer, 404, 'not_found', "The organization with the id nowhere doesn't exist.");
  });

  it('ruling 5: comes before everything that is wrong with the request', async () => {
    expectMissing(await request('customers/reference/', undefined, { isActive: 'x' }), 'X-Organization');
    const noForm = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    expectMissing(await gateway.rest('/api/v1.0/customers/reference/a', noForm), 'X-Organization');
  });

  it('ruling 43: is answered by its name', async () => {
    const reference = freshReference();

    expect(expectDone(await inElsewhere(reference), 'created')['organization']).toBe('elsewhere');
    expect(expectDone(await inEntity1(reference), 'created')['organization']).toBe('entity1');
  });
});

describe('two organizations', () => {
  it('ruling 3: may use one reference each for themselves', async () => {
    const reference = freshReference();
    const ours = expectDone(await inEntity1(reference, { phone: '1' }), 'created');
    const theirs = expectDone(await inElsewhere(reference, { phone: '2' }), 'created');

    expect(theirs['id']).not.toBe(ours['id']);
    expectDone(await inElsewhere(reference, { phone: '3' }), 'updated');
    expect((await request(`customers/reference/${reference}`, 'entity1')).body).toEqual(ours);
  });

  it('ruling 19: may rename to each other’s references', async () => {
    const [reference, other] = [freshReference(), freshReference()];
    expectDone(await inEntity1(reference), 'created');
    expectDone(await inElsewhere(other), 'created');

    expectDone(await inEntity1(reference, { reference: other }), 'updated');
  });

  it.each([
    ['categoryId', 'customer category', ['jewelry', '2', '3', 'root']],
    ['customerSegmentationId', 'customer segmentation', ['seg_a', '2']],
    ['userId', 'user', ['emp-002', '3']],
    ['currency', 'currency', ['EUR']],
  ])('ruling 6: do not see each other’s %s', async (name, noun, values) => {
    for (const value of values) expectNotFound(await inElsewhere(freshReference(), { [name]: value }), noun, value);
  });

  it('ruling 6: do not see each other’s customers, payment types and regions', async () => {
    const reference = freshReference();
    const { id } = expectDone(await inEntity1(reference), 'created');

    for (const parentCustomer of [reference, String(id)]) {
      const answer = await inElsewhere(freshReference(), { isSubCustomer: 'true', parentCustomer });
      expectNotFound(answer, 'parent customer', parentCustomer);
      const address = parentCustomer === reference ? `reference/${reference}` : parentCustomer;
      expectNotFound(await request(`customers/${address}`, 'elsewhere'), 'customer', parentCustomer);
    }
    expectNotFound(await inElsewhere(freshReference(), { paymentTypes: '[7,8]' }), 'payment type', '8');
    expectNotFound(await inEntity1(freshReference(), { regionId: '31' }), 'region', '31');
  });

  it('ruling 6: do not see each other’s categories as parents', async () => {
    const answer = await request('customerCategories/reference/x', 'elsewhere', { name: 'X', parentId: 'jewelry' });

    expectNotFound(answer, 'parent customer category', 'jewelry');
  });

  it('ruling 26: mean different records by one id', async () => {
    const fields = { userId: '2', paymentTypes: '[7]', customerSegmentationId: '1', categoryId: '1' };

    const ours = expectDone(await inEntity1(freshReference(), fields), 'created');
    const theirs = expectDone(await inElsewhere(freshReference(), fields), 'created');

    expect(ours).toMatchObject({
      createdBy: { reference: 'emp-002' },
      paymentTypes: [{ reference: 'cash' }],
      customerSegmentation: { reference: 'seg_a' },
      categoryReference: 'root',
    });
    expect(theirs).toMatchObject({
      createdBy: { reference: 'emp-e' },
      paymentTypes: [{ reference: 'card' }],
      customerSegmentation: { reference: 'seg_e' },
      categoryReference: 'all',
      currency: 'CHF',
    });
  });

  it('ruling 34: have a root each', async () => {
    const fields = { name: 'All', isRoot: 'true' };

    expectDone(await request('customerCategories/reference/all', 'elsewhere', fields), 'unchanged');
    const answer = await request('customerCategories/reference/root', 'elsewhere', fields);
    expectFailure(answer, 400, 'save_not_authorized', 'Organization should have only one root category of customer.');
  });
});

describe('regions', () => {
  it.each(['30', '32', '99', 'Lugano', '0', 'x'.repeat(300), 'nul\0'])(
    'ruling 29: are ignored unchecked, with a warning, where geographical locations are off: %j',
    async (regionId) => {
      const body = expectDone(await inElsewhere(freshReference(), { regionId }), 'created', 'region_ignored');

      expect(body['region']).toBeNull();
    },
  );

  it('ruling 29: need no warning where none was sent', async () => {
    expectDone(await inElsewhere(freshReference(), { regionId: '' }), 'created');
  });

  it('rulings 5 and 29: do not hide what else is wrong', async () => {
    const answer = await inElsewhere(freshReference(), { regionId: 'x', categoryId: 'nowhere' });

    expectNotFound(answer, 'customer category', 'nowhere');
  });

  it('ruling 29: are of the configured level or below it, once it is configured', async () => {
    const reference = freshReference();
    await gateway.provision(elsewhere('geographicalLocations: { enabled: true, level: 2 }'));
    try {
      expect(expectDone(await inElsewhere(reference, { regionId: '31' }), 'created')).toMatchObject({
        region: { id: 31, name: 'Lugano', href: '/api/v1.0/regions/31' },
      });
      expectDone(await inElsewhere(reference, { regionId: '32' }), 'updated');
      expectFailure(await inElsewhere(reference, { regionId: '30' }), 400, 'save_failed', 'Failed to save instance.');
      expectNotFound(await inElsewhere(reference, { regionId: '3' }), 'region', '3');
    } finally {
      await gateway.provision(elsewhere('geographicalLocations: { enabled: false }'));
    }
    expectDone(await inElsewhere(reference, { regionId: '31' }), 'unchanged', 'region_ignored');
  });
});
