import fc from 'fast-check';
import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { estimateCost } from '../src/graphql/document-cost.ts';
import { limits } from '../src/contract/limits.ts';
import { schema } from '../src/graphql/schema.ts';
import { readCpuMillis } from './support/cpu-time.ts';
import { type GraphAnswer, type TestGateway, anybody, graphqlRequest, openTestGateway } from './support/gateway.ts';
import { type Listening, listen } from './support/raw-http.ts';
import { countStatements } from './support/statements.ts';
import { readTables, upsertCategory, upsertCustomer } from './support/upserts.ts';

const { document: documentLimits } = limits.graphql;

type Variables = Record<string, unknown>;

let gateway: TestGateway;
let http: Listening;
let before: string;

const readState = async () => JSON.stringify(await readTables(gateway));

/** Asks over HTTP, as any client does. */
async function ask(query: string, variables: Variables = {}): Promise<GraphAnswer> {
  const response = await fetch(`http://127.0.0.1:${http.port}/graphql`, graphqlRequest(query, variables));
  return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
}

async function expectRefused(query: string, message: RegExp, variables: Variables = {}): Promise<void> {
  const { status, data, errors } = await ask(query, variables);
  expect([status, data ?? undefined, errors?.length]).toEqual([400, undefined, 1]);
  expect(errors?.[0]?.message).toMatch(message);
  expect(await readState()).toBe(before);
}

async function expectAnswered(query: string, variables: Variables = {}): Promise<GraphAnswer> {
  const answer = await ask(query, variables);
  expect([answer.status, answer.errors]).toEqual([200, undefined]);
  return answer;
}

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

/** A tree of categories with customers in it, each with some below it and with payment types. */
beforeAll(async () => {
  gateway = await openTestGateway();
  http = await listen(gateway);
  for (const name of ['a', 'b', 'c', 'aa', 'ab', 'aaa']) {
    const parent = { reference: name.slice(1) || 'root' };
    await upsertCategory(gateway, { reference: name, name, parent });
  }
  const paymentTypes = [{ reference: 'cheque' }, { reference: 'cash' }];
  for (const [index, category] of ['root', 'a', 'aa', 'aaa', 'b', 'a', 'aa', 'root', 'c', 'a', 'a', 'a'].entries()) {
    const parent = { isSubCustomer: true, parentCustomer: { reference: `n${Math.floor((index - 1) / 3)}` } };
    const own = { customerCategory: { reference: category }, createdBy: { reference: 'emp-002' }, paymentTypes };
    await upsertCustomer(gateway, { reference: `n${index}`, name: 'n', ...own, ...(index > 0 && parent) });
  }
});

afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

beforeEach(async () => {
  before = await readState();
});

describe('a document', () => {
  it('holds so many tokens and no more', async () => {
    const { tokens } = documentLimits;
    const values = (count: number) => `query ($x: [Int] = [${'1 '.repeat(count)}]) { __typename @include(if: true) }`;
    const rest = parse(values(0)).tokenCount ?? 0;
    const message = /^A document may hold 200000 tokens at most: send what is long as variables/;
    // What it holds is no use, which is found out after it was read.
    expect((await ask(values(tokens - rest))).errors?.[0]?.message).toMatch('Variable "$x" is never used');
    await expectRefused(values(tokens - rest + 1), message);
  });

  it('of a million tokens is refused before it is read to its end', async () => {
    const start = readCpuMillis();
    await expectRefused(`{ ${'a '.repeat(1_000_000)} }`, /^A document may hold 200000 tokens at most/);
    expect(readCpuMillis() - start).toBeLessThan(10_000);
  });

  it('selects so many fields and fragments and no more, aliases among them', async () => {
    const { selections } = documentLimits;
    const fields = (count: number) => `{ organization { ${times(count - 1, (i) => `a${i}: name`)} } }`;
    await expectAnswered(fields(selections));
    await expectRefused(fields(selections + 1), /^A document may select 2500 fields and fragments at most\.$/);
    await expectRefused(fields(10_000), /^A document may select 2500 fields/);
  });

  it('holds so many operations and no more', async () => {
    const operations = (count: number) => times(count, (i) => `query Q${i} { organization { name } }`);
    const send = async (count: number) => {
      const body = JSON.stringify({ query: operations(count), operationName: 'Q3' });
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      const answer: unknown = await (await fetch(`http://127.0.0.1:${http.port}/graphql`, request)).json();
      return answer;
    };
    expect(await send(documentLimits.operations)).toEqual({ data: { organization: { name: 'entity1' } } });
    expect(await send(documentLimits.operations + 1)).toMatchObject({
      errors: [{ message: 'A document may hold 20 operations at most.' }],
    });
  });

  it('holds so many directives and no more, wherever they are', async () => {
    const directives = (count: number) =>
      `{ organization { ${times(count, (i) => `a${i}: name @include(if: true)`)} } ...F } fragment F on Query { __typename }`;
    await expectAnswered(directives(documentLimits.directives));
    await expectRefused(directives(documentLimits.directives + 1), /^A document may hold 250 directives at most\.$/);
    await expectRefused(`query ${'@a '.repeat(251)} { __typename }`, /^A document may hold 250 directives/);
  });

  it('nests selections so deep and no deeper, fragments included', async () => {
    const { depth } = documentLimits;
    const nested = (levels: number) =>
      `{ customer(by: { reference: "n0" }) ${'{ parentCustomer '.repeat(levels - 2)}{ id }${' }'.repeat(levels - 2)} }`;
    await expectAnswered(nested(depth));
    await expectRefused(nested(depth + 1), /^A document may nest selections 50 levels deep at most\.$/);
    const chain = (fragments: number) =>
      `{ ...F0 } ${times(fragments, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F${fragments} on Query { __typename }`;
    await expectAnswered(chain(depth - 2));
    await expectRefused(chain(depth - 1), /levels deep/);
    await expectRefused(chain(2_000), /levels deep/);
    await expectRefused(`{ a `.repeat(30_000), /deep/);
  });

  it('has no circle of fragments', async () => {
    for (const circle of [
      'fragment A on Query { ...A }',
      'fragment A on Query { ...B } fragment B on Query { ...A }',
    ]) {
      const { errors, data } = await ask(`{ ...A } ${circle}`);
      expect([errors?.[0]?.message, data]).toEqual([
        expect.stringMatching('Cannot spread fragment "A" within itself'),
        undefined,
      ]);
    }
  });

  it('is remembered or not with the same answer', async () => {
    const { selections } = documentLimits;
    const wrong = `{ organization { ${times(selections, (i) => `a${i}: name`)} } }`;
    for (let round = 0; round < 2; round += 1) {
      await expectRefused(wrong, /^A document may select/);
      await expectAnswered('{ organization { name } }');
    }
  });
});

describe('an operation', () => {
  it('selects so many fields of Query and no more, fragments included', async () => {
    const fields = (count: number) =>
      `{ ...F ...F ${times(count - 1, (i) => `a${i}: organization { name }`)} } fragment F on Query { organization { name } }`;
    await expectAnswered(fields(documentLimits.rootFields));
    await expectRefused(fields(documentLimits.rootFields + 1), /^An operation may select 50 fields of query at most/);
  });

  it('makes so many upserts and no more', async () => {
    const upserts = (count: number) =>
      `mutation { ${times(count, (i) => `u${i}: upsertCustomer(input: { reference: "many-${i}", name: "n" }) { __typename }`)} }`;
    await expectRefused(
      upserts(documentLimits.rootFields + 1),
      /^A request may hold 50 upserts at most: a bulk upsert/,
    );
    await expectAnswered(upserts(documentLimits.rootFields).replaceAll(') {', ', validateOnly: true) {'));
  });

  it('reads so many lists and no more, each time that a fragment is used', async () => {
    const lists = (count: number) =>
      `{ customer(by: { reference: "n0" }) { ...F b: parentCustomer { ...F } ${times(count - 2, (i) => `a${i}: subCustomers(first: ${i}) { nodes { id } }`)} } }
       fragment F on Customer { subCustomers(first: 0) { totalCount } }`;
    await expectAnswered(lists(documentLimits.lists));
    await expectRefused(lists(documentLimits.lists + 1), /^The operation reads 51 lists, and 50 is the most/);
  });

  it.each([
    [
      'written one after the other',
      (n: number) => times(n, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`),
    ],
    [
      'written the other way round',
      (n: number) => times(n, (i) => `fragment F${n - 1 - i} on Query { ...F${n - i} ...F${n - i} }`),
    ],
  ])('does not multiply by fragments, %s', async (_, fragments) => {
    const query = (n: number) => `{ ...F0 } ${fragments(n)} fragment F${n} on Query { organization { name } }`;
    const start = readCpuMillis();
    await expectRefused(query(40), /^The operation could answer \d+ fields and records, and 200000 is the most/);
    expect(readCpuMillis() - start).toBeLessThan(2_000);
    await expectAnswered(query(10));
  });
});

describe('the cost of an operation', () => {
  const { cost } = documentLimits;
  const nested = (outer: string, inner: string, names: number) =>
    `{ customers(first: ${outer}) { nodes { subCustomers(first: ${inner}) { nodes { ${times(names, (i) => `a${i}: id`)} } } } } }`;

  it('is so much and no more', async () => {
    // 1 + 1 + 100 × (1 + 1 + 1 + 100 × (1 + names))
    const most = (cost - 2 - 300) / 10_000;
    expect(most).toBeGreaterThan(19);
    await expectAnswered(nested('100', '100', 18));
    await expectRefused(
      nested('100', '100', 19),
      /^The operation could answer 200302 fields and records, and 200000 is the most: ask for shorter pages \(`first`, `last`\)/,
    );
  });

  it('multiplies lists within lists', async () => {
    const circle = `{ customers(first: 100) { nodes { customerCategory { customers(first: 100) { nodes { customerCategory { customers(first: 100) { nodes { id } } } } } } } } }`;
    await expectRefused(circle, /^The operation could answer 20\d{5} fields/);
    await expectAnswered(circle.replaceAll('100', '20'));
  });

  const byVariables = `query ($n: Int, $m: Int = 250) {
    customers(first: $n) { nodes { subCustomers(last: $m) { nodes { id name version reference } } } }
  }`;

  it.each<[string, Variables, number]>([
    ['what is sent', { n: 250, m: 250 }, 400],
    ['the default, where nothing is sent', { n: 250 }, 400],
    ['the usual page, where null is sent', { n: 250, m: null }, 200],
    ['less, where less is sent', { n: 250, m: 1 }, 200],
    ['nothing, where nothing is asked for', { n: 250, m: 0 }, 200],
    ['the usual page, where no variable is sent', { m: 50 }, 200],
  ])('counts by variables %s', async (_, variables, status) => {
    const answer = await ask(byVariables, variables);
    expect(answer.status).toBe(status);
    expect(answer.errors?.[0]?.message.startsWith('The operation could answer') ?? false).toBe(status === 400);
  });

  it.each<[unknown, RegExp]>([
    [-1, /`first` must be from 0 to 250/],
    [251, /`first` must be from 0 to 250/],
    [2_147_483_647, /`first` must be from 0 to 250/],
    [1e100, /Int cannot represent/],
    ['7', /Int cannot represent/],
    [1.5, /Int cannot represent/],
    [[1, 2], /Int cannot represent/],
    [{}, /Int cannot represent/],
    [true, /Int cannot represent/],
  ])('leaves to the list what `first: %j` is', async (n, message) => {
    await expectRefused(
      'query ($n: Int) { customers(first: $n) { nodes { subCustomers(first: 1) { nodes { id } } } } }',
      message,
      { n },
    );
    const document = `query ($n: Int) { customers(first: $n) { nodes { subCustomers(first: 250) { nodes { id name version } } } } }`;
    const { status, errors } = await ask(document, { n });
    expect([status, typeof errors?.[0]?.message]).toEqual([400, 'string']);
  });

  it('does not count what @skip and @include leave out', async () => {
    const query = (directive: string) =>
      `query ($yes: Boolean = true, $no: Boolean!) { customers(first: 250) { nodes { id subCustomers(first: 250) ${directive} { nodes { id name version } } } } }`;
    const uses = 'name @include(if: $yes) name @skip(if: $no)';
    for (const directive of ['@skip(if: true)', '@include(if: false)', '@include(if: $no)', '@skip(if: $yes)']) {
      await expectAnswered(query(directive).replace('{ id sub', `{ id ${uses} sub`), { no: false });
    }
    for (const directive of ['@skip(if: false)', '@include(if: true)', '@include(if: $yes)', '@skip(if: $no)']) {
      await expectRefused(query(directive).replace('{ id sub', `{ id ${uses} sub`), /^The operation could answer/, {
        no: false,
      });
    }
  });

  it('of a bulk upsert goes by its items, before any of them is done', async () => {
    const names = times(200, (i) => `a${i}: outcome`);
    const mutation = `mutation ($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs, validateOnly: true) {
      results { ... on UpsertCustomerSuccess { ${names} } } } }`;
    const inputs = (count: number) => Array.from({ length: count }, (_, i) => ({ reference: `bulk-${i}`, name: 'n' }));
    await expectRefused(mutation, /^The operation could answer 201002 fields/, { inputs: inputs(1_000) });
    await expectAnswered(mutation, { inputs: inputs(10) });
  });
});

describe('the estimate', () => {
  type Made = { readonly text: string; readonly steps: number };
  type RecordType = 'Customer' | 'CustomerCategory';

  const leaves = { Customer: ['id', 'name', 'version', 'email'], CustomerCategory: ['id', 'name', 'isRoot'] } as const;
  const relations = {
    Customer: [
      ['customerCategory', 'CustomerCategory'],
      ['parentCustomer', 'Customer'],
    ],
    CustomerCategory: [
      ['parent', 'CustomerCategory'],
      ['ancestors', 'CustomerCategory'],
    ],
  } as const;
  const lists = {
    Query: [
      ['customers', 'Customer'],
      ['customerCategories', 'CustomerCategory'],
    ],
    Customer: [['subCustomers', 'Customer']],
    CustomerCategory: [
      ['customers', 'Customer'],
      ['children', 'CustomerCategory'],
    ],
  } as const;

  const sizes = fc.constantFrom(
    '',
    '(first: 0)',
    '(first: 2)',
    '(last: 3)',
    '(first: 30)',
    '(first: $n)',
    '(last: $m)',
  );
  const directives = fc.constantFrom('', '', '@include(if: $yes)', '@skip(if: $no)', '@include(if: $no)');
  const bodies = {
    nodes: (text: string) => `nodes { ${text} }`,
    edges: (text: string) => `totalCount edges { cursor node { ${text} } }`,
    both: (text: string, type: string) =>
      `nodes { ... on ${type} { ${text} } } edges { node { ${text} } } pageInfo { hasNextPage }`,
  };

  const listOf = (from: keyof typeof lists, depth: number): fc.Arbitrary<Made> =>
    fc.constantFrom(...lists[from]).chain(([name, type]) =>
      fc
        .tuple(
          sizes,
          directives,
          fc.constantFrom(...(Object.keys(bodies) as (keyof typeof bodies)[])),
          record(type, depth - 1),
        )
        .map(([size, directive, body, { text, steps }]) => ({
          text: `${name}${size} ${directive} { ${bodies[body](text, type)} }`,
          steps: 2 + 2 * steps,
        })),
    );

  const record = (type: RecordType, depth: number): fc.Arbitrary<Made> => {
    const leaf = fc.constantFrom(...leaves[type]).map((text) => ({ text, steps: 0 }));
    if (depth <= 0) return leaf;
    const one = fc
      .constantFrom(...relations[type])
      .chain(([name, of]) =>
        record(of, depth - 1).map(({ text, steps }) => ({ text: `${name} { ${text} }`, steps: 1 + steps })),
      );
    const part = fc.oneof({ weight: 2, arbitrary: leaf }, one, { weight: 2, arbitrary: listOf(type, depth) });
    return fc.array(part, { minLength: 1, maxLength: 3 }).map(join);
  };

  /** Parts beside each other under names of their own. */
  const join = (parts: readonly Made[]): Made => ({
    text: parts.map(({ text }, index) => `p${index}: ${text}`).join(' '),
    steps: parts.reduce((sum, { steps }) => sum + steps, 0),
  });

  const documents = fc.array(listOf('Query', 5), { minLength: 1, maxLength: 3 }).map(join);
  const numbers = fc.constantFrom(undefined, null, 0, 1, 5, 250);

  /** Everything in an answer: fields and records of lists. */
  const sizeOf = (value: unknown): number => {
    if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + 1 + sizeOf(each), 0);
    if (typeof value !== 'object' || value === null) return 0;
    return Object.values(value).reduce((sum: number, each) => sum + 1 + sizeOf(each), 0);
  };

  const estimate = (query: string, variables: Variables | undefined) => {
    const document = parse(query);
    const operation = document.definitions.find(
      (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
    );
    if (!operation) throw new Error('There is no operation.');
    return estimateCost(schema, document, operation, variables);
  };

  it('is as much as any answer holds, and the statements are as many as the document has lists and relations', async () => {
    const counted = countStatements(gateway.deps.db);
    const server = composeServer({ ...gateway.deps, db: counted.db, auth: anybody, publicUrl: 'http://own.test' });
    const door = await gateway.open(server);
    const send = async (query: string, variables: Variables) => {
      const response = await door('/graphql', graphqlRequest(query, variables));
      return (await response.json()) as { data?: unknown; errors?: { message: string }[] };
    };
    await send('{ organization { name } }', {});
    let answered = 0;
    const property = fc.asyncProperty(documents, numbers, numbers, async ({ text, steps }, n, m) => {
      const query = `query ($n: Int = 3, $m: Int, $yes: Boolean! = true, $no: Boolean! = false) { ${text} ...Used }
        fragment Used on Query { used: customers(first: $n) { totalCount } last: customers(last: $m) { totalCount @skip(if: $no) @include(if: $yes) } }`;
      const variables = { n, m };
      const { cost } = estimate(query, JSON.parse(JSON.stringify(variables)) as Variables);
      // How many lists it reads is judged once, whatever the variables.
      const worst = estimate(query, undefined);
      expect(worst.cost).toBeGreaterThanOrEqual(cost);
      // The first finds the organization.
      counted.statements = 0;
      const { data, errors } = await send(query, variables);
      const isRefused = cost > documentLimits.cost || worst.lists > documentLimits.lists;
      expect([query, errors?.[0]?.message ?? '']).toEqual([
        query,
        isRefused ? expect.stringMatching(/^The operation /) : '',
      ]);
      expect(sizeOf(data ?? {})).toBeLessThanOrEqual(cost);
      expect(counted.statements).toBeLessThanOrEqual(isRefused ? 1 : steps + 5);
      answered += isRefused ? 0 : 1;
    });
    await fc.assert(property, { numRuns: 80 });
    expect(answered).toBeGreaterThan(10);
  });
});
