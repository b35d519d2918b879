import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import {
  type GraphAnswer,
  type TestGateway,
  anybody,
  graphqlRequest,
  openTestGateway,
  publicUrl,
} from './support/gateway.ts';
import { listen } from './support/raw-http.ts';
import { upsertCategory, upsertCustomer } from './support/upserts.ts';
import { countStatements } from './support/statements.ts';
import { tries } from './support/tries.ts';

/** A row as the tests know it; the moments are ISO texts with microseconds. */
type Row = {
  readonly id: number;
  readonly reference: string;
  readonly name: string;
  readonly category: string;
  readonly segmentation: string | null;
  readonly isActive: boolean;
  readonly onHold: boolean;
  readonly country: string | null;
  readonly city: string | null;
  readonly dateCreated: string;
  readonly lastUpdated: string;
};

const orderFields = ['ID', 'REFERENCE', 'NAME', 'COUNTRY', 'CITY', 'DATE_CREATED', 'LAST_UPDATED'] as const;
type OrderField = (typeof orderFields)[number];
type Order = { readonly field: OrderField; readonly direction: 'ASC' | 'DESC' };

/** Few values each, so that many rows are equal in them. */
const pools = {
  name: ['anna', 'Anna', 'ANNA b', 'Émile', 'émile', 'zoë', '100%_\\*'],
  category: ['root', 'jewelry', '101', 'rings', 'gold'],
  segmentation: ['seg_a', 'seg_b', null],
  country: ['FR', 'US', null],
  city: ['Nice', 'nice', 'Lyon', null],
  // The first three are one millisecond, the last two one second.
  moment: [1, 2, 3, 100_000, 100_001, 2_000_000].map(
    (micros) =>
      `2026-03-01T00:00:${String(Math.floor(micros / 1e6)).padStart(2, '0')}.${String(micros % 1e6).padStart(6, '0')}Z`,
  ),
} as const;

const at = <T>(pool: readonly T[], index: number): T => {
  const value = pool[index % pool.length];
  if (value === undefined) throw new Error('An empty pool.');
  return value;
};

const rows: Row[] = Array.from({ length: 61 }, (_, index) => ({
  id: 1_000 + index,
  reference: `${at(['L-', 'l-', 'x_', 'x%', 'É'], index)}${(index * 37) % 61}`,
  name: at(pools.name, index * 5),
  category: at(pools.category, index * 3 + (index % 4)),
  segmentation: at(pools.segmentation, index),
  isActive: index % 3 > 0,
  onHold: index % 5 === 0,
  country: at(pools.country, index * 7 + (index % 2)),
  city: at(pools.city, index * 3 + (index % 5)),
  dateCreated: at(pools.moment, index * 5),
  lastUpdated: at(pools.moment, index * 11 + (index % 7)),
}));

let gateway: TestGateway;

const ask = async (query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
  const answer = await gateway.graphql(query, variables);
  expect(answer.errors).toBeUndefined();
  expect(answer.status).toBe(200);
  return answer.data ?? {};
};

async function insertRows(): Promise<void> {
  await sql`
    insert into customers (organization_id, id, reference, name, category_id, segmentation_id, is_active, on_hold, country,
      city, date_created, last_updated, is_sub_customer, bill_with_parent, is_same_address, currency)
    select ${gateway.actor.organization.id}, r.id, r.reference, r.name, c.id, s.id, r."isActive", r."onHold", r.country,
      r.city, r."dateCreated", r."lastUpdated", false, false, true, 'EUR'
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id bigint, reference text, name text, category text,
      segmentation text, "isActive" boolean, "onHold" boolean, country text, city text, "dateCreated" timestamptz,
      "lastUpdated" timestamptz)
    join customer_categories c on c.organization_id = ${gateway.actor.organization.id} and c.reference = r.category
    left join customer_segmentations s
      on s.organization_id = ${gateway.actor.organization.id} and s.reference = r.segmentation`.execute(
    gateway.deps.db,
  );
}

beforeAll(async () => {
  gateway = await openTestGateway();
  for (const [reference, parent] of [
    ['rings', 'jewelry'],
    ['gold', 'rings'],
  ] as const) {
    const outcome = await upsertCategory(gateway, { reference, name: reference, parent: { reference: parent } });
    expect(outcome).toMatchObject({ outcome: 'CREATED' });
  }
  await insertRows();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Page = {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
};

const argumentsOf = `first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy`;
const variablesOf = (name: string) =>
  `$first: Int, $after: String, $last: Int, $before: String, $filter: ${name}Filter, $orderBy: [${name}Order!]`;
const pageFields = `
  edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const customersQuery = `query (${variablesOf('Customer')}) { list: customers(${argumentsOf}) { ${pageFields} } }`;
const countQuery = `query ($filter: CustomerFilter) { list: customers(filter: $filter) { totalCount } }`;

const read = async (variables: Record<string, unknown>, query = customersQuery): Promise<Page> =>
  (await ask(query, variables))['list'] as Page;

const idsOf = (page: Page): number[] => page.nodes.map(({ id }) => Number(id));

/** By code point, and what is missing is the largest. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}

const keyOf: Record<OrderField, (row: Row) => string | number | null> = {
  ID: ({ id }) => id,
  REFERENCE: ({ reference }) => reference,
  NAME: ({ name }) => name.toLowerCase(),
  COUNTRY: ({ country }) => country,
  CITY: ({ city }) => city && city.toLowerCase(),
  DATE_CREATED: ({ dateCreated }) => dateCreated,
  LAST_UPDATED: ({ lastUpdated }) => lastUpdated,
};

function sortRows(orderBy: readonly Order[]): number[] {
  const asked = orderBy.filter(({ field }, index) => orderBy.findIndex((each) => each.field === field) === index);
  const complete: readonly Order[] = [...asked, { field: 'ID', direction: asked.at(-1)?.direction ?? 'ASC' }];
  const sorted = rows.toSorted((a, b) => {
    for (const { field, direction } of complete) {
      const order = compare(keyOf[field](a), keyOf[field](b));
      if (order !== 0) return direction === 'ASC' ? order : -order;
    }
    return 0;
  });
  return sorted.map(({ id }) => id);
}

const orders = fc.array(
  fc.record({ field: fc.constantFrom(...orderFields), direction: fc.constantFrom('ASC' as const, 'DESC' as const) }),
  { maxLength: 4 },
);

/** All pages in one direction, from the given end. */
async function walk(size: number, orderBy: readonly Order[], isBackwards: boolean): Promise<number[]> {
  const found: number[] = [];
  let cursor: string | null = null;
  for (let pages = 0; ; pages += 1) {
    if (pages > rows.length) throw new Error('The walk does not end.');
    const page: Page = await read({
      orderBy,
      ...(isBackwards ? { last: size, before: cursor } : { first: size, after: cursor }),
    });
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
    expect([startCursor, endCursor]).toEqual([page.edges.at(0)?.cursor, page.edges.at(-1)?.cursor]);
    expect(isBackwards ? hasNextPage : hasPreviousPage).toBe(pages > 0);
    if (isBackwards) found.unshift(...idsOf(page));
    else found.push(...idsOf(page));
    if (!(isBackwards ? hasPreviousPage : hasNextPage)) return found;
    expect(page.nodes).toHaveLength(size);
    cursor = isBackwards ? startCursor : endCursor;
  }
}

describe('a walk through pages', () => {
  it('finds every row once and in order, in any order, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(orders, fc.integer({ min: 7, max: 70 }), fc.boolean(), async (orderBy, size, isBackwards) => {
        expect(await walk(size, orderBy, isBackwards)).toEqual(sortRows(orderBy));
      }),
      {
        numRuns: 60,
        examples: [
          [[], 61, false],
          [[{ field: 'CITY', direction: 'DESC' }], 7, true],
        ],
      },
    );
  });

  it('starts at any cursor, and stays between two', async () => {
    await fc.assert(
      fc.asyncProperty(
        orders,
        fc.nat(60),
        fc.nat(60),
        fc.nat(61),
        fc.boolean(),
        async (orderBy, from, to, size, isLast) => {
          const all = await read({ first: 250, orderBy });
          const [after, before] = [all.edges[from]?.cursor, all.edges[to]?.cursor];
          const between = sortRows(orderBy).slice(from + 1, Math.max(from + 1, to));
          const page = await read({ after, before, orderBy, [isLast ? 'last' : 'first']: size });
          expect(idsOf(page)).toEqual(
            isLast ? between.slice(Math.max(0, between.length - size)) : between.slice(0, size),
          );
          expect(page.pageInfo).toMatchObject(
            isLast
              ? { hasPreviousPage: between.length > size, hasNextPage: true }
              : { hasNextPage: between.length > size, hasPreviousPage: true },
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('neither repeats nor loses a row when others come between', async () => {
    const orderBy = [{ field: 'NAME', direction: 'ASC' }];
    const filter = { reference: 'between-*' };
    const upsert = (reference: string, name: string) =>
      upsertCustomer(gateway, { reference: `between-${reference}`, name });
    for (const name of ['b', 'd', 'd', 'f']) await upsert(`${name}-${Math.random()}`, name);
    const first = await read({ first: 2, orderBy, filter });
    await upsert('early', 'a');
    await upsert('late', 'e');
    const query = customersQuery.replace('nodes { id }', 'nodes { id name }');
    const rest = await read({ first: 10, after: first.pageInfo.endCursor, orderBy, filter }, query);
    expect(rest.nodes.map((node) => (node as { name?: string }).name)).toEqual(['d', 'e', 'f']);
    await sql`delete from customers where reference like 'between-%'`.execute(gateway.deps.db);
  });
});

describe('page sizes', () => {
  it('are 50 unless told, and at most 250', async () => {
    expect((await read({})).nodes).toHaveLength(50);
    expect((await read({ first: null, last: null })).nodes).toHaveLength(50);
    expect((await read({ first: 250 })).nodes).toHaveLength(rows.length);
    expect(await read({ first: 0 })).toMatchObject({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect(await read({ last: 0 })).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
  });

  it.each([
    { first: -1 },
    { last: -1 },
    { first: 251 },
    { last: 2_147_483_647 },
    { first: 1, last: 1 },
    { first: 0, last: 0 },
  ])('%j is refused', async (variables) => {
    expectRefusal(await gateway.graphql(customersQuery, variables));
  });
});

function expectRefusal(answer: GraphAnswer): void {
  expect(answer.status).toBe(400);
  expect(answer.data ?? null).toBeNull();
  expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
}

describe('a cursor', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const byMoment = { orderBy: [{ field: 'LAST_UPDATED', direction: 'ASC' }] };
  const sign = 'lastUpdated asc,id asc';

  it('of another order is refused', async () => {
    const { pageInfo } = await read({ first: 1, ...byMoment });
    const after = pageInfo.endCursor;
    expect((await read({ after, ...byMoment })).nodes).not.toEqual([]);
    for (const orderBy of [
      [],
      [{ field: 'ID' }],
      [{ field: 'LAST_UPDATED', direction: 'DESC' }],
      [{ field: 'DATE_CREATED' }],
      [{ field: 'LAST_UPDATED' }, { field: 'NAME' }],
    ]) {
      expectRefusal(await gateway.graphql(customersQuery, { after, orderBy }));
      expectRefusal(await gateway.graphql(customersQuery, { before: after, orderBy }));
    }
  });

  it.each([
    ['nothing', ''],
    ['no base64', '!'],
    ['no JSON', 'YQ'],
    ['null', encode(null)],
    ['an object', encode({ 0: sign })],
    ['too few keys', encode([sign, '2026-03-01T00:00:00.000001Z'])],
    ['too many keys', encode([sign, '2026-03-01T00:00:00.000001Z', '1', '1'])],
    ['a null where there is none', encode([sign, null, '1'])],
    ['an id that is none', encode([sign, '2026-03-01T00:00:00.000001Z', '1 or 1=1'])],
    ['an id too large', encode([sign, '2026-03-01T00:00:00.000001Z', '9223372036854775808'])],
    ['a number', encode([sign, '2026-03-01T00:00:00.000001Z', 1])],
    ['a day that does not exist', encode([sign, '2026-02-30T00:00:00.000001Z', '1'])],
    ['a year that does not exist', encode([sign, '0000-02-01T00:00:00.000001Z', '1'])],
    ['a moment without microseconds', encode([sign, '2026-03-01T00:00:00Z', '1'])],
    ['another word', encode([sign, 'now', '1'])],
    ['too much', encode([sign, '9'.repeat(1_000_000), '1'])],
  ])('that is %s is refused', async (_what, after) => {
    expectRefusal(await gateway.graphql(customersQuery, { after, ...byMoment }));
  });

  it('is refused where a text is none that PostgreSQL could hold', async () => {
    const orderBy = [{ field: 'NAME', direction: 'ASC' }];
    for (const name of ['\u0000', '\ud800']) {
      const after = encode(['name asc,id asc', name, '1']);
      expectRefusal(await gateway.graphql(customersQuery, { after, orderBy }));
    }
  });

  it('is a page or a refusal, whatever it says', async () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(...pools.moment, '1', '-1', '1e3'), fc.jsonValue());
    const cursors = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.array(part, { maxLength: 4 }).map((parts) => encode([sign, ...parts])),
      fc.jsonValue().map(encode),
    );
    await fc.assert(
      fc.asyncProperty(cursors, fc.constantFrom('after', 'before'), async (cursor, argument) => {
        const answer = await gateway.graphql(customersQuery, { [argument]: cursor, ...byMoment });
        if (answer.errors) expectRefusal(answer);
        else expect(answer.data).toHaveProperty('list.nodes');
      }),
      tries(700),
    );
  });
});

type Filter = Record<string, unknown>;

/** A text with `*` at its ends, as the filters read it. */
function fitsText(value: string, text: string): boolean {
  const start = text.startsWith('*');
  const rest = start ? text.slice(1) : text;
  const end = rest.endsWith('*');
  const core = end ? rest.slice(0, -1) : rest;
  if (start && end) return value.includes(core);
  if (start) return value.endsWith(core);
  return end ? value.startsWith(core) : value === core;
}

const subtrees: Record<string, readonly string[]> = {
  root: pools.category,
  jewelry: ['jewelry', 'rings', 'gold'],
  rings: ['rings', 'gold'],
  gold: ['gold'],
  '101': ['101'],
  nowhere: [],
};

function fits(row: Row, filter: Filter): boolean {
  const checks: Record<string, (value: never) => boolean> = {
    reference: (text: string) => fitsText(row.reference, text),
    name: (text: string) => fitsText(row.name.toLowerCase(), text.toLowerCase()),
    category: ({ reference }: { reference: string }) => row.category === reference,
    categorySubtree: ({ reference }: { reference: string }) => subtrees[reference]?.includes(row.category) ?? false,
    segmentation: ({ reference }: { reference: string }) => row.segmentation === reference,
    isActive: (isActive: boolean) => row.isActive === isActive,
    onHold: (onHold: boolean) => row.onHold === onHold,
    country: (country: string) => row.country === country,
    updatedSince: (moment: string) => row.lastUpdated >= moment.replace(/(\.\d{3})Z$/, '$1000Z'),
  };
  return Object.entries(filter).every(([name, value]) => value === null || checks[name]?.(value as never));
}

const texts = (values: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...values), fc.nat(9), fc.nat(9), fc.constantFrom('', '*'), fc.constantFrom('', '*'))
    .map(([value, start, length, left, right]) => {
      const core = left || right ? value.slice(start, start + length) : value;
      return `${left}${core}${right}`;
    })
    // Blanks around are ignored in references; a lone surrogate is nobody's.
    .filter((text) => text === text.trim() && text !== '');

const categoryKey = fc.record({ reference: fc.constantFrom(...Object.keys(subtrees)) });
const filters = fc.record(
  {
    reference: fc.option(texts(rows.map(({ reference }) => reference))),
    name: fc.option(texts(pools.name)),
    category: fc.option(categoryKey),
    categorySubtree: fc.option(categoryKey),
    segmentation: fc.option(fc.record({ reference: fc.constantFrom('seg_a', 'seg_b', 'seg_c') })),
    isActive: fc.option(fc.boolean()),
    onHold: fc.option(fc.boolean()),
    country: fc.option(fc.constantFrom('FR', 'US', 'DE')),
    updatedSince: fc.option(
      fc.constantFrom('2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00.100Z', '2026-03-01T00:00:02.000Z'),
    ),
  },
  { requiredKeys: [] },
);

describe('filters', () => {
  it('find exactly the rows that fit all of them, and count them', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const expected = rows.filter((row) => fits(row, filter)).map(({ id }) => id);
        expect(idsOf(await read({ first: 250, filter }))).toEqual(expected);
        expect(await ask(countQuery, { filter })).toEqual({ list: { totalCount: expected.length } });
      }),
      tries(500),
    );
  });

  it.each<[Filter, number]>([
    [{ reference: 'L-*' }, rows.filter(({ reference }) => reference.startsWith('L-')).length],
    [{ reference: 'x_*' }, rows.filter(({ reference }) => reference.startsWith('x_')).length],
    [{ reference: '*' }, rows.length],
    [{ reference: '**' }, rows.length],
    [{ reference: '***' }, 0],
    [{ reference: '' }, 0],
    [{ name: 'ÉMILE' }, rows.filter(({ name }) => name.toLowerCase() === 'émile').length],
    [{ name: '*%_\\*' }, rows.filter(({ name }) => name === '100%_\\*').length],
    [{ country: 'france' }, rows.filter(({ country }) => country === 'FR').length],
    [{ country: 'Atlantis' }, 0],
    [{ category: { id: '1' } }, rows.filter(({ category }) => category === 'root').length],
    [{ categorySubtree: { id: '0' } }, 0],
    [{ segmentation: { id: '99' } }, 0],
    [{ segmentation: { reference: '\u0000' } }, 0],
    [{ reference: '\u0000*' }, 0],
    [{ name: '\ud800' }, 0],
    [
      { updatedSince: '2026-03-01T01:00:02+01:00' },
      rows.filter((row) => row.lastUpdated >= '2026-03-01T00:00:02').length,
    ],
    [{ updatedSince: '9999-12-31T23:59:59Z' }, 0],
    [{ updatedSince: '0001-01-01T00:00:00Z' }, rows.length],
  ])('%j finds %i', async (filter, count) => {
    expect((await read({ first: 250, filter })).nodes).toHaveLength(count);
  });

  it.each([
    '',
    'yesterday',
    '2026-03-01',
    '2026-03-01T00:00:00',
    '2026-03-01T00:00Z',
    '2026-03-01 00:00:00Z',
    '2026-03-01t00:00:00z',
    '2026-02-29T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T00:00:60Z',
    '2026-03-01T00:00:00+24:00',
    '2026-03-01T00:00:00+0100',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+012026-03-01T00:00:00Z',
    1_772_323_200,
    true,
  ])('updatedSince refuses %j, as a variable and in the document', async (updatedSince) => {
    expectRefusal(await gateway.graphql(customersQuery, { filter: { updatedSince } }));
    const literal = `{ customers(filter: { updatedSince: ${JSON.stringify(updatedSince)} }) { nodes { id } } }`;
    const { errors, data } = await gateway.graphql(literal);
    expect({ errors, data }).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }], data: undefined });
  });
});

describe('customerCategories', () => {
  const query = `query (${variablesOf('CustomerCategory')}) {
    list: customerCategories(${argumentsOf}) { totalCount nodes { reference } }
  }`;
  const find = async (variables: Record<string, unknown>) => {
    const { nodes } = (await ask(query, variables))['list'] as { nodes: { reference: string }[] };
    return nodes.map(({ reference }) => reference);
  };

  it.each<[Filter, readonly string[]]>([
    [{}, ['root', 'jewelry', '101', 'rings', 'gold']],
    [{ isRoot: true }, ['root']],
    [{ isRoot: false, reference: '*r*' }, ['jewelry', 'rings']],
    [{ parent: { reference: 'root' } }, ['jewelry', '101']],
    [{ parent: { reference: 'gold' } }, []],
    [{ name: 'JEWELRY*' }, ['jewelry']],
    [{ updatedSince: '9999-01-01T00:00:00Z' }, []],
  ])('with %j are %j', async (filter, expected) => {
    expect(await find({ filter })).toEqual(expected);
  });

  it('are ordered and paged like customers', async () => {
    const orderBy = [{ field: 'NAME', direction: 'DESC' }];
    expect(await find({ orderBy, first: 3 })).toEqual(['rings', '101', 'jewelry']);
    expect(await find({ orderBy, last: 2 })).toEqual(['gold', 'root']);
    for (const field of ['ID', 'DATE_CREATED', 'LAST_UPDATED', 'REFERENCE']) {
      expect(await find({ orderBy: [{ field }] })).toHaveLength(5);
    }
  });
});

describe('relations', () => {
  it('lead from a category to those above it, below it, and to its customers', async () => {
    const query = `{ customerCategories(orderBy: [{ field: REFERENCE }]) { nodes {
      reference
      ancestors { reference }
      children(first: 1, orderBy: [{ field: REFERENCE }]) { totalCount pageInfo { hasNextPage } nodes { reference } }
      rest: children(first: 5, filter: { reference: "*r*" }) { nodes { reference } }
      customers(last: 2, filter: { isActive: true }) { totalCount nodes { id } }
    } } }`;
    const customers = (category: string) => {
      const ids = rows.filter((row) => row.isActive && row.category === category).map(({ id }) => ({ id: String(id) }));
      return { totalCount: ids.length, nodes: ids.slice(-2) };
    };
    const category = (reference: string, ancestors: string[], children: string[], rest: string[]) => ({
      reference,
      ancestors: ancestors.map((each) => ({ reference: each })),
      children: {
        totalCount: children.length,
        pageInfo: { hasNextPage: children.length > 1 },
        nodes: children.slice(0, 1).map((each) => ({ reference: each })),
      },
      rest: { nodes: rest.map((each) => ({ reference: each })) },
      customers: customers(reference),
    });
    expect(await ask(query)).toEqual({
      customerCategories: {
        nodes: [
          category('101', ['root'], [], []),
          category('gold', ['root', 'jewelry', 'rings'], [], []),
          category('jewelry', ['root'], ['rings'], ['rings']),
          category('rings', ['root', 'jewelry'], ['gold'], []),
          category('root', [], ['101', 'jewelry'], ['jewelry']),
        ],
      },
    });
  });

  it('lead from a customer to its sub-customers, page by page', async () => {
    await upsertCustomer(gateway, { reference: 'above', name: 'Above' });
    for (const reference of ['below-1', 'below-2', 'below-3']) {
      const parentCustomer = { reference: 'above' };
      await upsertCustomer(gateway, { reference, name: reference, isSubCustomer: true, parentCustomer });
    }
    const query = `query ($after: String) { customer(by: { reference: "above" }) {
      subCustomers(first: 2, after: $after) { totalCount pageInfo { endCursor } nodes { reference parentCustomer { reference } } }
    } }`;
    type Subs = { subCustomers: { pageInfo: { endCursor: string } } };
    const parentCustomer = { reference: 'above' };
    const first = (await ask(query))['customer'] as Subs;
    expect(first).toMatchObject({
      subCustomers: { totalCount: 3, nodes: [1, 2].map((n) => ({ reference: `below-${n}`, parentCustomer })) },
    });
    expect(await ask(query, { after: first.subCustomers.pageInfo.endCursor })).toMatchObject({
      customer: { subCustomers: { totalCount: 3, nodes: [{ reference: 'below-3', parentCustomer }] } },
    });
    await sql`delete from customers where reference like 'below-%'`.execute(gateway.deps.db);
    await sql`delete from customers where reference = 'above'`.execute(gateway.deps.db);
  });

  it('refuse wrong arguments as the lists do', async () => {
    expectRefusal(
      await gateway.graphql('{ customers { nodes { subCustomers(first: 251) { nodes { id } } } } }').then(onlyFirst),
    );
  });

  it('show a mutation what the ones before it in the same request did', async () => {
    const query = `mutation ($a: UpsertCustomerCategoryInput!, $b: UpsertCustomerCategoryInput!) {
      a: upsertCustomerCategory(input: $a) { ...parent } b: upsertCustomerCategory(input: $b) { ...parent }
    }
    fragment parent on UpsertCustomerCategorySuccess {
      customerCategory { parent { children(filter: { reference: "seen-*" }) { totalCount nodes { reference } } } }
    }`;
    const input = (reference: string) => ({ reference, name: 'n', parent: { reference: 'gold' } });
    const answer = await ask(query, { a: input('seen-1'), b: input('seen-2') });
    const result = (...references: string[]) => ({
      customerCategory: {
        parent: { children: { totalCount: references.length, nodes: references.map((reference) => ({ reference })) } },
      },
    });
    expect(answer).toEqual({ a: result('seen-1'), b: result('seen-1', 'seen-2') });
    await sql`delete from customer_categories where reference like 'seen-%'`.execute(gateway.deps.db);
  });
});

const onlyFirst = (answer: GraphAnswer): GraphAnswer => ({ ...answer, errors: answer.errors?.slice(0, 1) ?? [] });

describe('statements', () => {
  /** Counts the statements that one request takes; the organization is known already. */
  async function count(query: string): Promise<number> {
    const counted = countStatements(gateway.deps.db);
    const server = composeServer({ ...gateway.deps, db: counted.db, auth: anybody, publicUrl });
    await using listening = await listen({ server });
    const send = async (text: string) => {
      const response = await listening.fetch('/graphql', graphqlRequest(text, {}));
      expect(await response.json()).not.toHaveProperty('errors');
    };
    await send('{ organization { name } }');
    counted.statements = 0;
    await send(query);
    return counted.statements;
  }

  beforeAll(async () => {
    const organizationId = gateway.actor.organization.id;
    await sql`
      insert into customers (organization_id, id, reference, name, category_id, segmentation_id, created_by_id, region_id,
        parent_id, is_active, on_hold, is_sub_customer, bill_with_parent, is_same_address, currency, payment_type_ids)
      select ${organizationId}, 5000 + g, 'many-' || g, 'n', 1 + g % 3, 1 + g % 2, 1 + g % 3, 1 + g % 7,
        case when g > 0 then 5000 + g / 3 end, true, false, g > 0, false, true, 'EUR',
        array[7 + g % 3]
      from generate_series(0, 199) g`.execute(gateway.deps.db);
  });

  afterAll(async () => {
    await sql`delete from customers where reference like 'many-%'`.execute(gateway.deps.db);
  });

  const page = (first: number, fields: string) =>
    `{ customers(first: ${first}, orderBy: [{ field: NAME, direction: DESC }], filter: { reference: "many-*" }) { ${fields} } }`;
  const relations = `customerCategory { name parent { name } } customerSegmentation { name } createdBy { name }
    paymentTypes { name } region { name } parentCustomer { name customerCategory { name } }`;

  it.each([1, 10, 100])('a page of %i customers with their relations, and theirs, takes at most 2', async (size) => {
    // The page with what its customers name, and of the categories what is not among that.
    expect(await count(page(size, `nodes { ${relations} }`))).toBeLessThanOrEqual(2);
  });

  it('a page of 100 takes 1 where each relation is one level deep', async () => {
    const fields = `customerCategory { name } customerSegmentation { name } createdBy { name } paymentTypes { name }
      region { name } parentCustomer { name }`;
    expect(await count(page(100, `nodes { ${fields} }`))).toBe(1);
    expect(await count(page(100, `edges { node { ...f } } } } fragment f on Customer { ... { ${fields}`))).toBe(1);
    expect(await count('{ customerCategories { nodes { parent { name } } } }')).toBe(1);
  });

  it('the count is taken only where it is selected, and the page likewise', async () => {
    expect(await count(page(100, 'nodes { id }'))).toBe(1);
    expect(await count(page(100, 'edges { cursor } nodes { id } pageInfo { hasNextPage }'))).toBe(1);
    expect(await count(page(100, 'totalCount'))).toBe(1);
    expect(await count(page(100, 'nodes { id } totalCount'))).toBe(2);
  });

  it('lists in lists take one statement a level, not one a record', async () => {
    const fields = `nodes { id subCustomers(first: 2) { totalCount nodes { id subCustomers(last: 1) { nodes { id } } } } }`;
    expect(await count(`{ customers(first: 100, filter: { reference: "many-*" }) { ${fields} } }`)).toBe(4);
    const tree = `{ customerCategories { nodes { ancestors { id } children { nodes { children(first: 9) { nodes { id } } } }
      customers(first: 3) { totalCount nodes { id } } } } }`;
    expect(await count(tree)).toBe(6);
  });
});

describe('organizations', () => {
  it('see only what is theirs', async () => {
    await gateway.provision('name: other\ncurrency: EUR\nrootCategory: { reference: root, name: Other root }\n');
    const query = `{
      customers { totalCount nodes { id } } customerCategories { totalCount nodes { name ancestors { id } customers { totalCount } } }
      below: customers(filter: { categorySubtree: { id: 1 } }) { totalCount nodes { id } }
    }`;
    const request = graphqlRequest(query, {});
    const headers = { ...(request.headers as Record<string, string>), 'x-organization': 'other' };
    const response = await gateway.fetch('/graphql', { ...request, headers });
    expect(await response.json()).toEqual({
      data: {
        customers: { totalCount: 0, nodes: [] },
        customerCategories: {
          totalCount: 1,
          nodes: [{ name: 'Other root', ancestors: [], customers: { totalCount: 0 } }],
        },
        below: { totalCount: 0, nodes: [] },
      },
    });
    const own = { ...(request.headers as Record<string, string>), 'x-organization': 'entity1' };
    const mine: unknown = await (await gateway.fetch('/graphql', { ...request, headers: own })).json();
    expect(mine).toMatchObject({
      data: { customers: { totalCount: rows.length }, customerCategories: { totalCount: 5 } },
    });
  });
});
