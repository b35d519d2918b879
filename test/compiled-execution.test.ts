import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type GraphQLFieldResolver, buildSchema, execute, isObjectType, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createExecutor } from '../src/graphql/compiled-execution.ts';

const schema = buildSchema(`
  interface Named { name: String! }
  type Person implements Named {
    name: String! nick: String age: Int score: Float id: ID! mood: Mood
    friend: Person friends: [Person!]! guests: [Person] pet: Pet pets: [Pet] matrix: [[Int]!]
    echo(text: String = "nothing", times: Int): String
    later: String laterFriends: [Person] laterPet: Pet
    wrongAge: Int! absent: String! thrown: String rejected: String rejectedFriend: Person! notAList: [Int] stranger: Pet
  }
  type Cat implements Named { name: String! lives: Int }
  type Dog implements Named { name: String! owner: Person }
  union Pet = Cat | Dog
  enum Mood { GOOD BAD }
  type Query { me: Person you(name: String!): Person all: [Person!] named: Named pet: Pet thrown: Person absent: Person! }
  type Mutation { rename(name: String!): Person remove: Person rejected: Person must: Person! }
`);

type Context = { readonly calls: unknown[] };

const cat = { __typename: 'Cat', name: 'Tom', lives: 9 };

function createPerson(name: string, depth = 3): object {
  const person = depth > 0 ? createPerson(`${name}'s`, depth - 1) : null;
  const people = person ? [person, person] : [];
  return {
    ...{ __typename: 'Person', name, nick: null, age: 7, score: 1.5, id: 12, mood: 'GOOD' },
    ...{ friend: person, friends: people, guests: [person, null], pet: cat, matrix: [[1, null], []] },
    pets: [cat, { __typename: 'Dog', name: 'Rex', owner: person }, null],
    later: Promise.resolve('later'),
    laterFriends: Promise.resolve([person, Promise.resolve(person)]),
    laterPet: Promise.resolve(cat),
    ...{ wrongAge: 'many', absent: null, notAList: 7, stranger: { __typename: 'Person' } },
  };
}

function resolveWith(typeName: string, resolvers: Record<string, GraphQLFieldResolver<unknown, Context>>): void {
  const type = schema.getType(typeName);
  for (const [name, resolve] of Object.entries(resolvers)) {
    const field = isObjectType(type) ? type.getFields()[name] : undefined;
    if (!field) throw new Error(`There is no ${typeName}.${name}.`);
    // These take no description of their field.
    if (typeName === 'Person') field.resolve = resolve;
    else
      field.resolve = (source, args: Readonly<Record<string, unknown>>, context: Context, info): unknown => {
        const { fieldName, path, fieldNodes, parentType, variableValues } = info;
        const noted = { fieldName, path, nodes: fieldNodes.length, parentType: parentType.name, variableValues, args };
        context.calls.push(noted);
        return resolve(source, args, context, info);
      };
  }
}

const failure = (): never => {
  throw new Error('It failed.');
};
const rejection = (): Promise<never> => Promise.reject(new Error('It failed later.'));

resolveWith('Person', {
  echo: (_source, args) => JSON.stringify(args),
  thrown: failure,
  rejected: rejection,
  rejectedFriend: rejection,
});
resolveWith('Query', {
  me: () => createPerson('Ann'),
  you: (_source, { name }) => Promise.resolve(createPerson(String(name))),
  all: () => Promise.resolve([createPerson('Bob', 1), createPerson('Cid', 1)]),
  named: () => createPerson('Dan'),
  pet: () => cat,
  thrown: failure,
  absent: () => null,
});
resolveWith('Mutation', {
  rename: (_source, { name }) => Promise.resolve(createPerson(String(name))),
  remove: () => null,
  rejected: rejection,
  must: () => null,
});

const executeCompiled = createExecutor(schema, {});

type Request = { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };

/** The answer, with its errors, and the calls of the operation's own resolvers; by graphql-js and as compiled. */
async function answerBoth({ query, variables = {} }: Request) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const answer = async (how: typeof execute) => {
    const contextValue: Context = { calls: [] };
    const result = await how({ schema, document, variableValues: { ...variables }, contextValue });
    return { text: JSON.stringify(result), calls: contextValue.calls };
  };
  // Twice, since the first one compiles.
  return { expected: await answer(execute), compiled: [await answer(executeCompiled), await answer(executeCompiled)] };
}

async function expectSame(request: Request): Promise<void> {
  const { expected, compiled } = await answerBoth(request);
  expect(compiled).toEqual([expected, expected]);
}

const leaves = 'name nick age score id mood matrix later'.split(' ').concat('a: name', 'echo', '__typename');
const failing = 'wrongAge absent thrown rejected rejectedFriend{name} notAList stranger{__typename}'.split(' ');
const calls = ['echo(text: $text)', 'echo(text: null, times: 2)', 'b: echo(times: $times)', 'c: echo(text: "c")'];

/** Selections of a person, of which few fail; `depth` is how far they go on. */
function selectionsOf(depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...leaves) },
    { weight: 5, arbitrary: fc.constantFrom(...calls) },
    { weight: 1, arbitrary: fc.constantFrom(...failing, 'nick @skip(if: $skip)', 'age @include(if: true)') },
  );
  if (depth === 0) return fc.array(leaf, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
  const below = selectionsOf(depth - 1);
  const objects = 'friend friends guests laterFriends d:friend e:friends'.split(' ');
  const nested = fc.oneof(
    fc.tuple(fc.constantFrom(...objects), below).map(([field, selection]) => `${field} { ${selection} }`),
    below.map((selection) => `... on Person { ${selection} }`),
    below.map((selection) => `... { ${selection} }`),
    below.map((selection) => `... on Named { name ... on Person { ${selection} } }`),
    below.map((selection) => `pets { __typename ... on Cat { lives } ... on Dog { name owner { ${selection} } } }`),
    fc.constantFrom('pet { ... on Named { name } }', 'laterPet { ... on Cat { lives } }', '...Shared', '...Nested'),
  );
  return fc
    .array(fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: nested }), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(' '));
}

const fragments =
  'fragment Shared on Person { name friend { age ...Deep } } fragment Deep on Person { mood } fragment Nested on Named { name }';

const selection = selectionsOf(2);
const queryFields = fc.array(
  fc.oneof(
    selection.map((below) => `me { ${below} }`),
    selection.map((below) => `you(name: $name) { ${below} }`),
    selection.map((below) => `all { ${below} }`),
    selection.map((below) => `named { name ... on Person { ${below} } }`),
    fc.constantFrom('pet { __typename ... on Cat { lives } }', 'thrown { name }', 'absent { name }', '__typename'),
    fc.constantFrom('x: __schema { queryType { name } }'),
  ),
  { minLength: 1, maxLength: 3 },
);
const mutationFields = fc.array(
  fc.oneof(
    fc.tuple(fc.nat(3), selection).map(([alias, below]) => `m${alias}: rename(name: "m${alias}") { ${below} }`),
    selection.map((below) => `rename(name: $name) { ${below} }`),
    fc.constantFrom('remove { name }', 'rejected { name }', 'must { name }'),
  ),
  { minLength: 1, maxLength: 4 },
);

const variables = fc.record(
  {
    name: fc.oneof({ weight: 20, arbitrary: fc.string() }, { weight: 1, arbitrary: fc.constantFrom(null, 7, [], {}) }),
    text: fc.oneof(fc.string(), fc.constant(null)),
    times: fc.oneof({ weight: 20, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant('many') }),
    skip: fc.boolean(),
  },
  { requiredKeys: ['name', 'skip'] },
);

const define = (type: string, fields: readonly string[]) =>
  `${type} Any($name: String!, $text: String = "usual", $times: Int, $skip: Boolean!) {
    ${fields.join('\n')} ${type === 'query' ? 'u: you(name: $name) { ...Used }' : 'u: rename(name: $name) { ...Used }'}
  }
  fragment Used on Person { b: echo(times: $times) echo2: echo(text: $text) nick @skip(if: $skip) ...Shared ...Nested }
  ${fragments}`;

/** The same without directives, which are left to graphql-js. */
const defineCompiled = (type: string, fields: readonly string[]) =>
  define(type, fields)
    .replaceAll(/@(?:skip\(if: \$skip\)|include\(if: true\))/g, '')
    .replace(', $skip: Boolean!', '');

describe('a compiled operation', () => {
  it.each([
    ['query', queryFields, define],
    ['mutation', mutationFields, define],
    ['query', queryFields, defineCompiled],
    ['mutation', mutationFields, defineCompiled],
  ] as const)(
    'is answered as graphql-js answers it, each of its own fields resolved once: %s',
    async (type, fields, toDocument) => {
      let whole = 0;
      await fc.assert(
        fc.asyncProperty(fields, variables, async (some, values) => {
          const query = toDocument(type, some);
          // Some of them ask for two things by one name.
          if (validate(schema, parse(query)).length > 0) return;
          const { expected, compiled } = await answerBoth({ query, variables: values });
          expect(compiled).toEqual([expected, expected]);
          if (!expected.text.includes('"errors"')) whole += 1;
        }),
        { numRuns: 300 },
      );
      expect(whole).toBeGreaterThan(20);
    },
  );

  it.each(['{ me { __proto__: name } }', '{ __proto__: me { name } }', '{ me { constructor: name toString: nick } }'])(
    'calls fields what the client wants: %s',
    (query) => expectSame({ query }),
  );

  it('goes on after what fails, or does not, as graphql-js does', async () => {
    await expectSame({ query: 'mutation { a: rename(name: "a") { thrown } b: rename(name: "b") { name } }' });
    await expectSame({
      query: 'mutation { a: rename(name: "a") { name } must { name } b: rename(name: "b") { name } }',
    });
    await expectSame({
      query: '{ a: me { rejected friend { rejectedFriend { name } } } b: me { thrown } c: thrown { name } }',
    });
  });

  it.each([
    '{ me { name friends { laterFriends { ...on Named { name } } pet { ... on Cat { lives } } } } all { echo(text: "a") } }',
    'mutation ($name: String = "n") { rename(name: $name) { later matrix } b: rename(name: "b") { __typename } }',
  ])('is not left to graphql-js where nothing fails: %s', async (query) => {
    const result = await executeCompiled({ schema, document: parse(query), contextValue: { calls: [] } });
    // Those of graphql-js have no prototype.
    expect('data' in result && result.data).toBeInstanceOf(Object);
  });

  it('is left to graphql-js where fragments make it large', async () => {
    const parts = Array.from(
      { length: 12 },
      (_, n) => `fragment F${n} on Person { a: friend { ...F${n + 1} } b: friend { ...F${n + 1} } }`,
    );
    const query = `{ me { ...F0 } } ${parts.join(' ')} fragment F12 on Person { name }`;
    await expectSame({ query });
  });

  it('is known by its name in a document of several', async () => {
    const document = parse('query A { me { name } } query B { me { age } }');
    const answer = (operationName?: string) =>
      executeCompiled({
        schema,
        document,
        contextValue: { calls: [] },
        ...(operationName !== undefined && { operationName }),
      });
    expect(await answer('A')).toEqual({ data: { me: { name: 'Ann' } } });
    expect(await answer('B')).toEqual({ data: { me: { age: 7 } } });
    expect(JSON.stringify(await answer())).toContain('Must provide operation name');
  });
});

describe('what is kept of documents', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  /** How many of the documents are still in memory once each was executed. */
  const countKept = async (texts: readonly string[]): Promise<number> => {
    const executeCompiled = createExecutor(schema, {});
    const kept: WeakRef<object>[] = [];
    for (const text of texts) {
      const document = parse(text);
      const { errors } = await executeCompiled({ schema, document, contextValue: { calls: [] } });
      expect(errors).toBeUndefined();
      const [operation] = document.definitions;
      if (operation) kept.push(new WeakRef(operation));
      // What a reference was made of is kept until then.
      await setImmediate();
    }
    const document = parse('{ __typename }');
    await executeCompiled({ schema, document });
    await setImmediate();
    collectGarbage();
    const count = kept.filter((each) => each.deref() !== undefined).length;
    // Whoever keeps them is needed until here.
    await executeCompiled({ schema, document });
    return count;
  };
  const names = (count: number, index: number) =>
    Array.from({ length: count }, (_, name) => `a${index}_${name}: name`).join(' ');
  const make = (count: number, text: (index: number) => string) => Array.from({ length: count }, (_, i) => text(i));

  it.each<[string, readonly string[], number, number]>([
    ['all of some usual ones', make(30, (i) => `{ you(name: "x") { ${names(20, i)} } }`), 30, 30],
    ['some of those with many fields', make(40, (i) => `{ you(name: "x") { ${names(900, i)} } }`), 5, 15],
    [
      'few of those with too many fields to compile',
      make(40, (i) => `{ you(name: "x") { ${names(2_000, i)} } }`),
      3,
      10,
    ],
    [
      'none of those with long texts, but for the last',
      make(10, (i) => `{ you(name: "${'x'.repeat(500_000)}") { ${names(2, i)} } }`),
      0,
      1,
    ],
  ])('is %s', async (_, texts, least, most) => {
    const count = await countKept(texts);
    expect(count).toBeLessThanOrEqual(most);
    expect(count).toBeGreaterThanOrEqual(least);
  });
});
