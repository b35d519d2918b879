import { auditServer } from 'graphql-http';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everythingExposed, nothingExposed } from '../src/config/exposure.ts';
import { schema } from '../src/graphql/schema.ts';
import { type TestGateway, graphqlRequest, openTestGateway } from './support/gateway.ts';
import { listen } from './support/raw-http.ts';

const browser = { headers: { accept: 'text/html,*/*' } };
const explanation =
  /^Introspection is off here \(INTROSPECTION=on turns it on\)\. The schema is schema\.graphql, .* customer-gateway print-schema prints\.$/;

let open: TestGateway;
let closed: TestGateway;

beforeAll(async () => {
  open = await openTestGateway({ exposure: everythingExposed });
  closed = await openTestGateway({ exposure: nothingExposed });
});

afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
});

async function read(gateway: TestGateway, path: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await gateway.fetch(path, { redirect: 'manual', ...init });
  return [response.status, response.headers.get('location') ?? (await response.text())];
}

const messagesOf = async (gateway: TestGateway, query: string, variables: Record<string, unknown> = {}) =>
  (await gateway.graphql(query, variables)).errors?.map(({ message }) => message) ?? [];

describe('with GraphiQL', () => {
  it('a browser gets from the bare address to its page', async () => {
    expect(await read(open, '/')).toEqual([302, '/graphql']);
    expect(await read(open, '/graphql', browser)).toEqual([200, expect.stringMatching(/<title>Customers/)]);
  });
});

describe('without GraphiQL', () => {
  it('the bare address says where the doors are, and GraphQL’s that its page is off', async () => {
    expect(await read(closed, '/')).toEqual([
      200,
      'This is a customer gateway. Its doors are /graphql and /api/v1.0.\n',
    ]);
    const [status, text] = await read(closed, '/graphql', browser);
    expect([status, text]).toEqual([404, expect.stringMatching(/GraphiQL is off here: GRAPHIQL=on turns it on/)]);
  });

  it('a query by GET is answered as ever', async () => {
    const headers = { ...browser.headers, accept: 'text/html, application/json', 'x-graphql-yoga-csrf': '1' };
    expect(await read(closed, '/graphql?query={__typename}', { headers })).toEqual([
      200,
      '{"data":{"__typename":"Query"}}',
    ]);
  });
});

describe('with introspection', () => {
  it('the whole schema can be asked for', async () => {
    const { data } = await open.graphql(
      getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true }),
    );
    const seen = buildClientSchema(data as unknown as IntrospectionQuery);
    expect(printSchema(seen)).toBe(printSchema(schema));
  });

  it('errors guess what was meant', async () => {
    expect(await messagesOf(open, '{ custmer }')).toEqual([expect.stringMatching('Did you mean "customer"')]);
  });
});

describe('without introspection', () => {
  it.each([
    getIntrospectionQuery(),
    '{ __schema { queryType { name } } }',
    '{ __type(name: "Customer") { name } }',
    '{ a: __type(name: "Customer") { name } organization { name } }',
    '{ ...F } fragment F on Query { ... { x: __schema { types { name } } } __type(name: "x") { name } }',
  ])('the schema cannot be asked for, and the error says where it is: %.60s', async (query) => {
    const error = {
      message: expect.stringMatching(explanation) as string,
      extensions: { code: 'INTROSPECTION_DISABLED' },
    };
    // GraphQL over HTTP: what does not validate is 200 in plain JSON, and 400 in GraphQL's own media type.
    for (const [accept, status] of [
      ['application/json', 200],
      ['application/graphql-response+json', 400],
    ] as const) {
      const { headers, ...request } = graphqlRequest(query, {});
      const response = await closed.fetch('/graphql', {
        ...request,
        headers: { ...(headers as Record<string, string>), accept },
      });
      expect([response.status, await response.json()]).toEqual([status, { errors: [expect.objectContaining(error)] }]);
    }
  });

  it('__typename tells what an object is', async () => {
    const { data } = await closed.graphql('{ __typename organization { __typename } }');
    expect(data).toEqual({ __typename: 'Query', organization: { __typename: 'Organization' } });
  });

  const mutation = 'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { __typename } }';

  it.each<[string, string, Record<string, unknown>]>([
    ['a field', '{ custmer }', {}],
    ['a field below', '{ organization { nam } }', {}],
    ['an argument', '{ customers(frst: 1) { totalCount } }', {}],
    ['a type', '{ ...F } fragment F on Qery { __typename }', {}],
    ['a type of a variable', 'query ($a: Strin) { __typename @skip(if: $a) }', {}],
    ['a directive', '{ __typename @skp(if: true) }', {}],
    ['a field of a union', 'mutation { upsertCustomer(input: { reference: "x" }) { outcome } }', {}],
    ['a field of an input', 'mutation { upsertCustomer(input: { reference: "x", nme: "y" }) { __typename } }', {}],
    ['a value of an enum', 'mutation { upsertCustomer(mode: CREATE, input: { reference: "x" }) { __typename } }', {}],
    ['a field of a variable', mutation, { input: { reference: 'x', nme: 'y' } }],
    ['a value of an enum in a variable', mutation, { input: { reference: 'x', dueDateConfigType: 'DAYS_AFTER' } }],
    ['a subscription’s argument', 'subscription { customerChanged(aftr: "x") { reference } }', {}],
    [
      'a subscription’s variable',
      'subscription ($f: CustomerChangeFilter) { customerChanged(filter: $f) { reference } }',
      { f: { reference: [] } },
    ],
  ])('no error guesses what was meant with %s', async (_, query, variables) => {
    const [guess] = await messagesOf(open, query, variables);
    const [error] = await messagesOf(closed, query, variables);
    expect(error).not.toMatch(/did you mean/i);
    expect(error).toBe(guess?.replace(/ Did you mean .*$/, ''));
  });

  it('no name of the schema can be had by names that are nearly right', async () => {
    const names = Object.values(schema.getQueryType()?.getFields() ?? {}).map(({ name }) => name);
    const wrong = fc
      .constantFrom(...names)
      .chain((name) => fc.nat(name.length - 1).map((at) => `${name.slice(0, at)}q${name.slice(at)}`));
    const property = fc.asyncProperty(wrong, async (name) => {
      const messages = await messagesOf(closed, `{ ${name} }`);
      expect(messages).toEqual([`Cannot query field "${name}" on type "Query".`]);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it('the audit of GraphQL over HTTP misses what it asks the schema for, and nothing else', async () => {
    await using listening = await listen(closed);
    const results = await auditServer({ url: `http://127.0.0.1:${listening.port}/graphql` });
    const failed = results.filter(({ status }) => status !== 'ok').map(({ id }) => id);
    expect(failed.sort()).toEqual(['28B9', '2EA1', '5A70', '6A70', 'D6D5']);
  });
});
