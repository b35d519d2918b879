import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GraphAnswer, type TestGateway, openTestGateway, publicUrl } from './support/gateway.ts';
import { upsertCategory, upsertCustomer } from './support/upserts.ts';

let gateway: TestGateway;

const ask = async (query: string, variables: Record<string, unknown> = {}): Promise<unknown> => {
  const answer = await gateway.graphql(query, variables);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.errors).toBeUndefined();
  return answer.data;
};

beforeAll(async () => {
  gateway = await openTestGateway();
  const top = { reference: 'top', name: 'Top', customerCategory: { reference: 'jewelry' } };
  expect(await upsertCustomer(gateway, top)).toMatchObject({ outcome: 'CREATED' });
  const sub = {
    reference: 'sub',
    name: 'Sub',
    isSubCustomer: true,
    parentCustomer: { reference: 'top' },
    customerSegmentation: { reference: 'seg_a' },
    createdBy: { id: '2' },
    paymentTypes: [{ id: '8' }, { id: '7' }],
    regionId: '3',
  };
  expect(await upsertCustomer(gateway, sub)).toMatchObject({ outcome: 'CREATED' });
});

afterAll(() => gateway[Symbol.asyncDispose]());

const singular = ['customer', 'customerCategory', 'user', 'paymentType', 'customerSegmentation'] as const;
const known = new Map<string, string>([
  ['customer', 'top'],
  ['customerCategory', 'jewelry'],
  ['user', 'emp-001'],
  ['paymentType', 'cash'],
  ['customerSegmentation', 'seg_b'],
]);

const find = (field: string, by: unknown) =>
  ask(`query ($by: RecordKey!) { found: ${field}(by: $by) { id reference name } }`, { by });

describe.each(singular)('%s(by)', (field) => {
  const reference = known.get(field) ?? '';

  it('finds a record by its reference and by its id, the same', async () => {
    const byReference = (await find(field, { reference })) as { found: { id: string } };
    expect(byReference).toMatchObject({ found: { reference } });
    expect(await find(field, { id: byReference.found.id })).toEqual(byReference);
    expect(await find(field, { id: Number(byReference.found.id) })).toEqual(byReference);
  });

  it.each([
    ['999'],
    ['abc'],
    ['0'],
    ['-1'],
    ['1.0'],
    ['1e0'],
    ['0x1'],
    ['9223372036854775807'],
    ['9223372036854775808'],
    ['1'.repeat(10_000)],
    [''],
    ['\u0000'],
  ])('answers null for the id %j', async (id) => {
    expect(await find(field, { id })).toEqual({ found: null });
  });

  it.each([['nowhere'], [''], [' '], ['\u0000'], ['top\u0000'], ['\ud800'], ['1'], ['x'.repeat(300)], ["' or 1=1 --"]])(
    'answers null for the reference %j',
    async (unknown) => {
      expect(await find(field, { reference: unknown })).toEqual({ found: null });
    },
  );

  it('minds the case of a reference', async () => {
    expect(await find(field, { reference: reference.toUpperCase() })).toEqual({ found: null });
  });

  it('ruling 3: ignores blanks around a reference', async () => {
    expect(await find(field, { reference: ` ${reference}\t` })).toEqual(await find(field, { reference }));
  });

  it('finds by an id written with leading zeros what it finds without them', async () => {
    const { found } = (await find(field, { reference })) as { found: { id: string } };
    expect(await find(field, { id: `00${found.id}` })).toEqual({ found: { ...found, reference } });
  });

  it.each([[{}], [{ id: '1', reference: 'a' }], [{ id: null }], [null], ['top'], [{ name: 'x' }]])(
    'refuses the key %j',
    async (by) => {
      const answer = await gateway.graphql(`query ($by: RecordKey!) { ${field}(by: $by) { id } }`, { by });
      expect(answer.status).toBe(400);
      expect(answer.errors?.[0]?.message).toMatch(/"\$by"/);
    },
  );
});

describe('region(id)', () => {
  it('finds a region and the regions it lies in', async () => {
    const query = '{ region(id: 3) { id name level parent { id level parent { id level parent { id } } } } }';
    expect(await ask(query)).toEqual({
      region: {
        id: '3',
        name: 'New York',
        level: 3,
        parent: { id: '2', level: 2, parent: { id: '1', level: 1, parent: null } },
      },
    });
  });

  it.each([['999'], ['abc'], ['0'], ['9223372036854775808'], [''], ['\u0000']])('answers null for %j', async (id) => {
    expect(await ask('query ($id: ID!) { region(id: $id) { id } }', { id })).toEqual({ region: null });
  });
});

describe('lists', () => {
  it('are ordered by id and complete', async () => {
    const query = `{
      users { id reference name } paymentTypes { id reference name } customerSegmentations { id reference name }
      regions { id name level parent { id } }
    }`;
    const answer = (await ask(query)) as Record<string, { id: string; reference?: string }[]>;
    expect(answer['users']?.map(({ reference }) => reference)).toEqual(['emp-001', 'emp-002', 'emp-003']);
    expect(answer['paymentTypes']).toEqual([
      { id: '7', reference: 'cash', name: 'cash' },
      { id: '8', reference: 'cheque', name: 'cheque' },
      { id: '9', reference: 'transfer', name: 'bank transfer' },
    ]);
    expect(answer['customerSegmentations']?.map(({ id }) => id)).toEqual(['1', '2']);
    expect(answer['regions']?.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });
});

describe('organization', () => {
  it('tells its name and its settings', async () => {
    expect(await ask('{ organization { name currency currencies geographicalLocations regionLevel } }')).toEqual({
      organization: {
        name: 'entity1',
        currency: 'EUR',
        currencies: ['EUR', 'USD', 'GBP'],
        geographicalLocations: true,
        regionLevel: 3,
      },
    });
  });
});

describe('nested relations', () => {
  it('are followed from a customer through everything it names', async () => {
    const query = `{ customer(by: { reference: "sub" }) {
      parentCustomer { reference parentCustomer { id } customerCategory { reference parent { reference parent { id } } } }
      customerCategory { reference isRoot organization { name currency } }
      customerSegmentation { reference } createdBy { reference } paymentTypes { reference }
      region { name parent { parent { name } } } organization { regionLevel } logo { original }
    } }`;
    expect(await ask(query)).toEqual({
      customer: {
        parentCustomer: {
          reference: 'top',
          parentCustomer: null,
          customerCategory: { reference: 'jewelry', parent: { reference: 'root', parent: null } },
        },
        customerCategory: { reference: 'root', isRoot: true, organization: { name: 'entity1', currency: 'EUR' } },
        customerSegmentation: { reference: 'seg_a' },
        createdBy: { reference: 'emp-002' },
        paymentTypes: [{ reference: 'cash' }, { reference: 'cheque' }],
        region: { name: 'New York', parent: { parent: { name: 'United States' } } },
        organization: { regionLevel: 3 },
        logo: null,
      },
    });
  });

  it('are followed from an upsert’s answer', async () => {
    const query = `mutation { upsertCustomer(input: { reference: "sub", parentCustomer: { reference: "top" } }) {
      ... on UpsertCustomerSuccess { outcome customer {
        parentCustomer { customerCategory { reference parent { reference } } } region { parent { parent { name } } }
      } } } }`;
    expect(await ask(query)).toMatchObject({
      upsertCustomer: {
        outcome: 'UNCHANGED',
        customer: {
          parentCustomer: { customerCategory: { reference: 'jewelry', parent: { reference: 'root' } } },
          region: { parent: { parent: { name: 'United States' } } },
        },
      },
    });
  });

  it('show what a mutation before in the same request has changed', async () => {
    const query = `mutation {
      a: upsertCustomerCategory(input: { reference: "jewelry", description: "before" }) { ...Category }
      b: upsertCustomer(input: { reference: "top", comment: "x" }) { ... on UpsertCustomerSuccess {
        customer { customerCategory { description } } } }
      c: upsertCustomerCategory(input: { reference: "jewelry", description: "after" }) { ...Category }
      d: upsertCustomer(input: { reference: "top", comment: "y" }) { ... on UpsertCustomerSuccess {
        customer { customerCategory { description } } } }
    }
    fragment Category on UpsertCustomerCategorySuccess { customerCategory { description } }`;
    expect(await ask(query)).toEqual({
      a: { customerCategory: { description: 'before' } },
      b: { customer: { customerCategory: { description: 'before' } } },
      c: { customerCategory: { description: 'after' } },
      d: { customer: { customerCategory: { description: 'after' } } },
    });
  });

  it('answer many aliases of one question alike', async () => {
    const fields = Array.from(
      { length: 50 },
      (_, n) => `a${n}: customer(by: { reference: "sub" }) { parentCustomer { reference } }`,
    );
    const answer = (await ask(`{ ${fields.join(' ')} }`)) as Record<string, unknown>;
    expect(Object.values(answer)).toEqual(fields.map(() => ({ parentCustomer: { reference: 'top' } })));
  });
});

const neighbour = `
name: neighbour
currency: USD
users: [{ reference: emp-001, name: Somebody else }]
paymentTypes: [{ reference: gold, name: gold }]
rootCategory: { reference: theirs, name: Theirs, categories: [{ reference: jewelry, name: Their jewelry }] }
`;

describe('organizations', () => {
  let both: TestGateway;

  beforeAll(async () => {
    let clock = Date.now();
    both = await openTestGateway({ now: () => new Date(clock) });
    await upsertCustomer(both, { reference: 'shared', name: 'Ours' });
    await upsertCategory(both, { reference: 'ours', name: 'Ours', parent: { reference: 'root' } });
    await both.provision(neighbour);
    // What is known of organizations is believed for some seconds.
    clock += 60_000;
  });

  afterAll(() => both[Symbol.asyncDispose]());

  const askAs = async (organization: string | undefined, query: string): Promise<GraphAnswer> => {
    const headers = {
      'content-type': 'application/json',
      ...(organization !== undefined && { 'x-organization': organization }),
    };
    const response = await both.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    return { status: response.status, ...((await response.json()) as object) };
  };

  it('are chosen by X-Organization', async () => {
    for (const name of ['entity1', 'neighbour']) {
      expect(await askAs(name, '{ organization { name } }')).toEqual({ status: 200, data: { organization: { name } } });
    }
  });

  it('see nothing of each other', async () => {
    const query = `{
      customer(by: { reference: "shared" }) { name } customerCategory(by: { reference: "ours" }) { name }
      byId: customerCategory(by: { id: 2 }) { name } paymentType(by: { id: 7 }) { name } region(id: 1) { name }
      users { name } paymentTypes { reference } regions { id } customerSegmentations { id }
      jewelry: customerCategory(by: { reference: "jewelry" }) { name parent { reference } }
    }`;
    expect(await askAs('neighbour', query)).toEqual({
      status: 200,
      data: {
        customer: null,
        customerCategory: null,
        byId: null,
        paymentType: null,
        region: null,
        users: [{ name: 'Somebody else' }],
        paymentTypes: [{ reference: 'gold' }],
        regions: [],
        customerSegmentations: [],
        jewelry: { name: 'Their jewelry', parent: { reference: 'theirs' } },
      },
    });
  });

  it('ruling 6: cannot name each other’s records, and may use the same references', async () => {
    const refused = `mutation { upsertCustomer(input: {
      reference: "mine", name: "x", customerCategory: { id: 2 }, createdBy: { reference: "emp-002" }, paymentTypes: [{ id: 7 }],
      isSubCustomer: true, parentCustomer: { reference: "shared" }
    }) { ... on UpsertFailure { errors { code path } } } }`;
    expect((await askAs('neighbour', refused)).data).toEqual({
      upsertCustomer: {
        errors: [
          { code: 'NOT_FOUND', path: ['customerCategory'] },
          { code: 'NOT_FOUND', path: ['parentCustomer'] },
          { code: 'NOT_FOUND', path: ['createdBy'] },
          { code: 'NOT_FOUND', path: ['paymentTypes', '0'] },
        ],
      },
    });
    const created = `mutation { upsertCustomer(input: { reference: "shared", name: "Theirs" }) {
      ... on UpsertSuccess { outcome } ... on UpsertCustomerSuccess { customer { currency customerCategory { reference } } } } }`;
    expect((await askAs('neighbour', created)).data).toEqual({
      upsertCustomer: { outcome: 'CREATED', customer: { currency: 'USD', customerCategory: { reference: 'theirs' } } },
    });
    const ours = await askAs('entity1', '{ customer(by: { reference: "shared" }) { name organization { name } } }');
    expect(ours.data).toEqual({ customer: { name: 'Ours', organization: { name: 'entity1' } } });
  });

  it('answer 400 where none of several is named', async () => {
    expect(await askAs(undefined, '{ organization { name } }')).toMatchObject({
      status: 400,
      errors: [{ message: 'X-Organization parameter is missing', extensions: { code: 'MISSING_PARAM' } }],
    });
  });

  it.each([['nobody'], ['ENTITY1'], ['entity1, neighbour'], ['']])('answer 404 for the name %j', async (name) => {
    expect(await askAs(name, '{ organization { name } }')).toMatchObject({
      status: 404,
      errors: [{ message: `The organization with the id ${name} doesn't exist.`, extensions: { code: 'NOT_FOUND' } }],
    });
  });

  it('answer forms alike', async () => {
    const post = (headers: Record<string, string>) =>
      both.rest('/api/v1/customers/reference/shared', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ name: 'x' }),
      });
    expect(await post({})).toMatchObject({
      status: 400,
      body: { error: 'missing_param', error_description: 'X-Organization parameter is missing' },
    });
    expect(await post({ 'x-organization': 'nobody' })).toMatchObject({
      status: 404,
      body: { error: 'not_found', error_description: "The organization with the id nobody doesn't exist." },
    });
    expect(await post({ 'x-organization': 'neighbour' })).toMatchObject({
      status: 201,
      body: { organization: 'neighbour' },
    });
  });
});

describe('a single organization', () => {
  it('is meant where none is named, and needs its own name where one is', async () => {
    const query = JSON.stringify({ query: '{ organization { name } }' });
    const post = (headers: Record<string, string>) =>
      gateway.fetch(`${publicUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: query,
      });
    expect((await post({})).status).toBe(200);
    expect((await post({ 'x-organization': 'entity1' })).status).toBe(200);
    expect((await post({ 'x-organization': 'other' })).status).toBe(404);
  });
});
