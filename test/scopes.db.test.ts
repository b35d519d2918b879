import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../src/actor.ts';
import { schema } from '../src/graphql/schema.ts';
import { type CallerDoors, callWithKey, createKey, keysOnly } from './support/callers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { expectDone, expectFailure } from './support/rest.ts';

let gateway: TestGateway;
const doors = new Map<string, CallerDoors>();

beforeAll(async () => {
  gateway = await openTestGateway({ auth: keysOnly });
  for (const scopes of [['read'], ['write'], ['read', 'write'], ['admin']] satisfies Scope[][]) {
    doors.set(scopes.join(), callWithKey(gateway, await createKey(gateway, { scopes })));
  }
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** Calls with a key of these scopes. */
function as(scopes: 'read' | 'write' | 'read,write' | 'admin'): CallerDoors {
  const found = doors.get(scopes);
  if (!found) throw new Error(`There is no key for ${scopes}.`);
  return found;
}

/** The shortest value that a required argument of the type may have. */
function writeValue(type: GraphQLInputType): string {
  if (isNonNullType(type)) return writeValue(type.ofType);
  if (isListType(type)) return `[${writeValue(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (!isInputObjectType(type)) return type.name === 'Int' ? '1' : type.name === 'Boolean' ? 'true' : '"1"';
  const fields = Object.values(type.getFields());
  const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type));
  return `{ ${needed.map((field) => `${field.name}: ${writeValue(field.type)}`).join(', ')} }`;
}

/** The shortest operation that asks for a root field. */
function writeOperation(kind: string, { name, args, type }: GraphQLField<unknown, unknown>): string {
  const needed = args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const values = needed.map((arg) => `${arg.name}: ${writeValue(arg.type)}`);
  const selection = isCompositeType(getNamedType(type)) ? ' { __typename }' : '';
  return `${kind} { ${name}${values.length > 0 ? `(${values.join(', ')})` : ''}${selection} }`;
}

const operations = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => {
    const kind = type?.name.toLowerCase() ?? '';
    return { kind, field: field.name, operation: writeOperation(kind, field) };
  }),
);

const lacks = (scope: Scope) => ({
  status: 403,
  errors: [{ message: `The credential lacks the scope ${scope}.`, extensions: { code: 'FORBIDDEN' } }],
});

describe('every field that an operation can begin with', () => {
  it('is tried', () => {
    expect(new Set(operations.map(({ kind }) => kind))).toEqual(new Set(['query', 'mutation', 'subscription']));
    expect(operations.length).toBeGreaterThan(18);
  });

  it.each(operations)('is guarded: $kind $field', async ({ kind, operation }) => {
    const [allowed, refused] = kind === 'mutation' ? (['write', 'read'] as const) : (['read', 'write'] as const);
    expect(await as(refused).graphql(operation)).toEqual(lacks(allowed));
    if (kind === 'subscription') return;
    for (const scopes of [allowed, 'read,write', 'admin'] as const) {
      expect(await as(scopes).graphql(operation)).toMatchObject({ status: 200 });
    }
  });
});

describe('a key that may only write', () => {
  it('is told of what it wrote, but reads no lists on the way, and nothing is written then', async () => {
    const write = (
      selection: string,
    ) => `mutation { upsertCustomerCategory(input: { reference: "listed", name: "x", parent: { reference: "root" } }) {
      ... on UpsertCustomerCategorySuccess { outcome customerCategory { name ${selection} } } } }`;
    expect(await as('write').graphql(write('customers { nodes { reference } }'))).toEqual(lacks('read'));
    expect(
      await as('write').graphql(
        write('...Children') + 'fragment Children on CustomerCategory { children { totalCount } }',
      ),
    ).toEqual(lacks('read'));
    expect((await as('write').graphql(write('parent { reference }'))).data).toEqual({
      upsertCustomerCategory: { outcome: 'CREATED', customerCategory: { name: 'x', parent: { reference: 'root' } } },
    });
    expect((await as('read,write').graphql(write('customers { totalCount }'))).data).toMatchObject({
      upsertCustomerCategory: { outcome: 'UNCHANGED' },
    });
  });

  it('cannot ask what the schema is', async () => {
    expect(await as('write').graphql('{ __schema { queryType { name } } }')).toEqual(lacks('read'));
  });
});

describe('the REST door', () => {
  const address = 'customers/reference/scoped';

  it('needs write to upsert, also for a trial, and read to read', async () => {
    const refusals = [
      [await as('read').rest(address, { name: 'x' }), 'write'],
      [await as('read').rest(`${address}?validateOnly=true`, { name: 'x' }), 'write'],
      [await as('write').rest('users/1'), 'read'],
    ] as const;
    for (const [answer, scope] of refusals) {
      expectFailure(answer, 403, 'forbidden', `The credential lacks the scope ${scope}.`);
    }
    expect((await as('read').rest(address)).status).toBe(404);
    expectDone(await as('write').rest(address, { name: 'x' }), 'created');
    expect((await as('read').rest(address)).status).toBe(200);
    expectDone(await as('admin').rest(address, { name: 'x' }), 'unchanged');
  });
});
