import fc from 'fast-check';
import { type GraphQLField, getNamedType, isLeafType, isObjectType } from 'graphql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { upsertCategory, upsertCustomer } from './support/upserts.ts';

let gateway: TestGateway;

const ask = async (query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
  const { data, errors } = await gateway.graphql(query, variables);
  expect(errors).toBeUndefined();
  return data ?? {};
};

const logo = { path: 'entity1/customers/logo.png', width: 3, height: 2 };

/** Customers with all that a customer can have, and one with as little as possible. */
beforeAll(async () => {
  gateway = await openTestGateway();
  await upsertCategory(gateway, {
    reference: 'rings',
    name: 'Rings',
    description: 'd',
    parent: { reference: 'jewelry' },
  });
  await upsertCustomer(gateway, { reference: 'bare', name: 'Bare' });
  const full = {
    barcode: 'b',
    customerCategory: { reference: 'rings' },
    customerSegmentation: { reference: 'seg_a' },
    createdBy: { reference: 'emp-002' },
    isSameAddress: false,
    billingCountry: 'FR',
    billingCity: 'Nice',
    billingPostalCode: '06000',
    billingAddress: '1 rue',
    billingLat: 43.5,
    billingLng: 7.25,
    country: 'US',
    city: 'Boston',
    postalCode: '02101',
    address: '2 street',
    latitude: 42.25,
    longitude: -71,
    email: 'a@example.com',
    phone: '1',
    mobile: '2',
    fax: '3',
    comment: 'c',
    website: 'https://example.com',
    creditLimit: 5.5,
    dueDateConfigNumber: 7,
    dueDateConfigType: 'DAYS_AFTER_INVOICE_DATE',
    taxNumber: 't',
    companyRegistrationNumber: 'r',
    paymentTypes: [{ reference: 'cheque' }, { reference: 'cash' }],
    regionId: '3',
    onHold: true,
    onHoldReason: 'h',
  };
  await upsertCustomer(gateway, { reference: 'top', name: 'Top', ...full });
  const parentCustomer = { reference: 'top' };
  for (const reference of ['sub-1', 'sub-2']) {
    const own = { isSubCustomer: true, parentCustomer, billWithParent: true };
    await upsertCustomer(gateway, { reference, name: reference, ...full, ...own });
  }
  await sql`update customers set logo = ${JSON.stringify(logo)}::jsonb where reference <> 'bare'`.execute(
    gateway.deps.db,
  );
  await sql`update customer_categories set image = ${JSON.stringify(logo)}::jsonb where reference = 'rings'`.execute(
    gateway.deps.db,
  );
});

afterAll(() => gateway[Symbol.asyncDispose]());

const fieldsOf = (name: string): readonly GraphQLField<unknown, unknown>[] => {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
};

/** A field with all that ends below it, at most two objects deep. */
function selectField(field: GraphQLField<unknown, unknown>, depth = 2): string[] {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return [field.name];
  const below = depth > 0 ? fieldsOf(type.name).flatMap((each) => selectField(each, depth - 1)) : [];
  // More than there are, and few enough for lists within lists.
  const page = field.args.some(({ name }) => name === 'first') ? '(first: 9)' : '';
  return below.length > 0 ? [`${field.name}${page} { ${below.join(' ')} }`] : [];
}

const kinds = [
  { type: 'Customer', one: 'customer', list: 'customers' },
  { type: 'CustomerCategory', one: 'customerCategory', list: 'customerCategories' },
] as const;

const cases = kinds.flatMap(({ type, ...names }) =>
  fieldsOf(type).map((field) => ({ ...names, field: field.name, selection: selectField(field).join(' ') })),
);

type Row = Record<string, unknown>;

/** The ways to write a field into a selection. */
const forms = {
  plain: (text: string) => text,
  inline: (text: string, _: number, type: string) => `... on ${type} { ... { ${text} } }`,
  spread: (_: string, index: number) => `...F${index} `,
  included: (text: string) => `... @include(if: true) { ${text} }`,
  skipped: (text: string) => `id ... @skip(if: true) { ${text} }`,
  alias: (text: string, index: number) => `a${index}: ${text}`,
};

/** What the records answer one by one, in the order of the list. */
async function readSingly(one: string, list: string, selection: string, rest = ''): Promise<unknown[]> {
  const { all } = (await ask(`{ all: ${list} { nodes { id } } }`)) as { all: { nodes: { id: string }[] } };
  const aliases = all.nodes.map(({ id }) => `r${id}: ${one}(by: { id: "${id}" }) { ${selection} }`);
  return Object.values(await ask(`{ ${aliases.join(' ')} } ${rest}`));
}

describe('the records of a list', () => {
  it.each(cases)('answer $list { $field } alone as each of them does by itself', async ({ one, list, selection }) => {
    const expected = await readSingly(one, list, selection);
    const query = `{ list: ${list}(first: 9) { nodes { ${selection} } edges { node { ${selection} } } } }`;
    const answer = (await ask(query))['list'] as { nodes: Row[]; edges: { node: Row }[] };
    expect(answer.nodes).toEqual(expected);
    expect(answer.edges.map(({ node }) => node)).toEqual(expected);
  });

  it('answer any selection, however it is written, as each of them does by itself', async () => {
    const selections = kinds.map(({ type, one, list }) => {
      const part = fc.record({
        text: fc.constantFrom(...fieldsOf(type).flatMap((field) => selectField(field, 1))),
        form: fc.constantFrom(...(Object.keys(forms) as (keyof typeof forms)[])),
      });
      return fc.record({
        type: fc.constant(type),
        one: fc.constant(one),
        list: fc.constant(list),
        parts: fc.array(part, { minLength: 1, maxLength: 5 }),
      });
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(...selections), async ({ one, list, type, parts: written }) => {
        const fragments = written.map(({ text }, index) => `fragment F${index} on ${type} { ${text} }`);
        const used = written.map(({ text, form }, index) => forms[form](text, index, type));
        const selection = used.join(' ');
        const rest = fragments.filter((_, index) => selection.includes(`...F${index} `)).join(' ');
        const expected = await readSingly(one, list, selection, rest);
        const answer = (await ask(`{ list: ${list}(first: 9) { nodes { ${selection} } } } ${rest}`))['list'] as {
          nodes: Row[];
        };
        expect(answer.nodes).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
