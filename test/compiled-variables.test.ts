import fc from 'fast-check';
import {
  type GraphQLInputType,
  type OperationDefinitionNode,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { createVariableCompiler } from '../src/graphql/compiled-variables.ts';
import { schema } from '../src/graphql/schema.ts';

const compile = createVariableCompiler(schema);

const wrong = fc.constantFrom<unknown>(null, 'text', '7', 7, 7.5, -1, 2 ** 40, true, [], {}, [null], {
  reference: 'r',
});

/** Values of a type, right ones mostly. */
function valuesOf(type: GraphQLInputType, depth = 0): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valuesOf(type.ofType, depth);
  if (isListType(type)) {
    const item = valuesOf(type.ofType, depth + 1);
    return fc.oneof({ weight: 3, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: item });
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name));
  if (isInputObjectType(type)) return objectsOf(type, depth);
  const scalars: Record<string, fc.Arbitrary<unknown>> = {
    String: fc.string(),
    Boolean: fc.boolean(),
    Int: fc.integer(),
    Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
    ID: fc.oneof(fc.string(), fc.nat()),
  };
  return scalars[type.name] ?? fc.constant(null);
}

function objectsOf(type: Extract<GraphQLInputType, { getFields: unknown }>, depth: number): fc.Arbitrary<unknown> {
  const fields = Object.values(type.getFields());
  if ('isOneOf' in type && type.isOneOf) {
    const single = fields.map(({ name, type: fieldType }) => valuesOf(fieldType).map((value) => ({ [name]: value })));
    return fc.oneof({ weight: 30, arbitrary: fc.oneof(...single) }, { weight: 1, arbitrary: wrong });
  }
  const some = fields.map(({ name, type: fieldType }) => {
    const value = fc.oneof(
      { weight: 100, arbitrary: valuesOf(fieldType, depth + 1) },
      { weight: 1, arbitrary: wrong },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );
    const isNeeded = isNonNullType(fieldType);
    return fc.tuple(
      fc.constant(name),
      fc.oneof({ weight: isNeeded ? 100 : 0, arbitrary: fc.constant(true) }, fc.boolean()),
      value,
    );
  });
  const strangers = fc.constantFrom<readonly (readonly [string, unknown])[]>([['nobody', 1]], [['constructor', null]]);
  const others = fc.oneof({ weight: 30, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: strangers });
  return fc
    .tuple(fc.tuple(...some), others)
    .map(([entries, more]): unknown =>
      Object.fromEntries([
        ...entries.flatMap(([name, isThere, value]) => (isThere ? [[name, value] as const] : [])),
        ...more,
      ]),
    );
}

const mutations = {
  upsertCustomer: ['$input: UpsertCustomerInput!', 'upsertCustomer(input: $input) { __typename }'],
  upsertCustomerCategory: [
    '$input: UpsertCustomerCategoryInput!',
    'upsertCustomerCategory(input: $input) { __typename }',
  ],
  upsertCustomers: [
    '$inputs: [UpsertCustomersInput!]!, $onError: BulkOnError = SKIP_FAILED, $onDuplicate: BulkOnDuplicate!',
    'upsertCustomers(inputs: $inputs, onError: $onError, onDuplicate: $onDuplicate) { __typename }',
  ],
} as const;

/** What graphql-js makes of the values; undefined where it finds fault with them. */
function coerceByGraphql(operation: OperationDefinitionNode, values: Record<string, unknown>): unknown {
  return getVariableValues(schema, operation.variableDefinitions ?? [], values).coerced;
}

describe('compiled variables', () => {
  it.each(Object.entries(mutations))(
    'of %s are what graphql-js makes of them, or left to it',
    (name, [variables, field]) => {
      const document = parse(`mutation Any(${variables}) { ${field} }`);
      const [operation] = document.definitions as [OperationDefinitionNode];
      const coerce = compile(operation);
      const { args = [] } = schema.getMutationType()?.getFields()[name] ?? {};
      const values = args.map((each): [string, fc.Arbitrary<unknown>] => [
        each.name,
        fc.oneof({ weight: 20, arbitrary: valuesOf(each.type) }, { weight: 1, arbitrary: wrong }),
      ]);
      const arbitrary: fc.Arbitrary<Record<string, unknown>> = fc.record(Object.fromEntries(values), {
        requiredKeys: [],
      });
      let fitting = 0;
      fc.assert(
        fc.property(arbitrary, (sent) => {
          const expected = coerceByGraphql(operation, sent);
          if (expected) fitting += 1;
          if (expected) expect(coerce(sent)).toEqual(expected);
          else expect(() => coerce(sent)).toThrow();
        }),
        { numRuns: 1_000 },
      );
      expect(fitting).toBeGreaterThan(50);
    },
  );
});
