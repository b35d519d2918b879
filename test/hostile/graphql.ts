import type { Attack, AttackGroup } from './attack.ts';
import { ask, customerMutation, never, postGraphql, upsert, upsertCategory } from './requests.ts';

const invalid = (parameter: string) =>
  `200 INVALID_PARAM_TYPE: The type of parameter ${parameter} you provided is not valid for this request.`;
const notFound = (noun: string, id: string) => `200 NOT_FOUND: The ${noun} with the id ${id} doesn't exist.`;
const unparsed = '400 GRAPHQL_PARSE_FAILED';
const unvalidated = '400 GRAPHQL_VALIDATION_FAILED';
const unresolved = '400 OPERATION_RESOLUTION_FAILURE';
const badInput = '400 BAD_USER_INPUT';

const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');
const write = (fields: string): Buffer =>
  ask(
    `mutation { result: upsertCustomer(input: { reference: "never", name: "x", ${fields} }) { __typename ... on UpsertFailure { errors { code message } } } }`,
  );

const documents: readonly Attack[] = [
  ['nothing in it', ask(''), unparsed],
  ['only a comment', ask('# x'), unparsed],
  ['a brace that stays open', ask('mutation {'), unparsed],
  ['no selection', ask('{ }'), unparsed],
  ['a text that does not end', ask('{ customer(by: { reference: "x }) { id } }'), unparsed],
  ['an escape there is none of', ask('{ customer(by: { reference: "\\q" }) { id } }'), unparsed],
  ['U+0000', ask('{ a\0 }'), unparsed],
  ['an escape beyond Unicode', ask('{ customer(by: { reference: "\\u{110000}" }) { id } }'), unparsed],
  ['SQL', ask("'; drop table customers; --"), unparsed],
  ['HTML', ask('<script>alert(1)</script>'), unparsed],
  ['a type', ask('type Query { a: Int }'), unresolved],
  ['an extension of the schema', ask('extend type Query { a: Int }'), unresolved],
  ['an unknown field', ask('{ secrets }'), unvalidated],
  [
    'a mutation among the queries',
    ask('{ upsertCustomer(input: { reference: "never" }) { __typename } }'),
    unvalidated,
  ],
  ['a mutation there is none of', ask('mutation { deleteCustomer(reference: "x") }'), unvalidated],
  [
    'a field without its selection',
    ask('mutation { upsertCustomer(input: { reference: "never", name: "x" }) }'),
    unvalidated,
  ],
  ['an argument there is none of', ask('{ organization(id: 1) { name } }'), unvalidated],
  ['an argument twice', ask('{ region(id: 1, id: 2) { name } }'), unvalidated],
  ['no required argument', ask('{ customer { id } }'), unvalidated],
  ['an operation that is not there', postGraphql({ query: 'query A { __typename }', operationName: 'B' }), unresolved],
  [
    'two operations and no name',
    ask(
      'query A { __typename } mutation B { upsertCustomer(input: { reference: "never", name: "x" }) { __typename } }',
    ),
    unresolved,
  ],
  ['two operations of one name', ask('query A { __typename } query A { __typename }'), unresolved],
  ['two operations without names', ask('{ __typename } { __typename }'), unresolved],
  [
    'a subscription to two things',
    ask('subscription { a: customerChanged { cursor } b: customerChanged { cursor } }'),
    unvalidated,
  ],
];

const fragments: readonly Attack[] = [
  ['a circle', ask('{ ...A } fragment A on Query { ...A }'), unvalidated],
  ['a circle of two', ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), unvalidated],
  ['a fragment that is not there', ask('{ ...A }'), unvalidated],
  ['a fragment nobody uses', ask('{ __typename } fragment A on Query { __typename }'), unvalidated],
  [
    'a fragment twice',
    ask('{ ...A } fragment A on Query { __typename } fragment A on Query { __typename }'),
    unvalidated,
  ],
  ['a fragment on a scalar', ask('{ ...A } fragment A on String { length }'), unvalidated],
  ['a fragment that cannot apply', ask('{ organization { ... on Customer { id } } }'), unvalidated],
  ['a directive there is none of', ask('{ __typename @deprecated2 }'), unvalidated],
  ['a directive where it cannot be', ask('query @skip(if: true) { __typename }'), unvalidated],
  ['a directive twice', ask('{ __typename @skip(if: true) @skip(if: false) }'), unvalidated],
  ['a directive without its argument', ask('{ __typename @include }'), unvalidated],
  ['a deferred fragment', ask('{ ... @defer { __typename } }'), unvalidated],
  ['fields that cannot be one', ask('{ a: organization { name } a: users { name } }'), unvalidated],
];

const variables: readonly Attack[] = [
  ['none of them', postGraphql({ query: customerMutation }), badInput],
  ['null', ask(customerMutation, { input: null }), badInput],
  ['a text for an object', ask(customerMutation, { input: 'x' }), badInput],
  [
    'a list for an object',
    ask(customerMutation, { input: [{ reference: never, name: 'x' }, { reference: never }] }),
    badInput,
  ],
  ['a variable that was not declared', ask('{ customer(by: { reference: $r }) { id } }', { r: 'x' }), unvalidated],
  ['a variable nobody uses', ask('query ($r: String) { __typename }'), unvalidated],
  ['a variable twice', ask('query ($r: ID!, $r: ID!) { region(id: $r) { name } }', { r: 1 }), unvalidated],
  ['a variable of an unknown type', ask('query ($r: Secret) { customer(by: { reference: $r }) { id } }'), unvalidated],
  ['a variable of an output type', ask('query ($r: Customer) { customer(by: $r) { id } }'), unvalidated],
  [
    'a variable of the wrong type',
    ask('query ($r: Int) { customer(by: { reference: $r }) { id } }', { r: 1 }),
    unvalidated,
  ],
  ['a default of the wrong type', ask('query ($r: ID! = true) { region(id: $r) { name } }'), unvalidated],
];

const inputs: readonly Attack[] = [
  ['no reference', ask(customerMutation, { input: { name: 'x' } }), badInput],
  ['a number for the reference', upsert({ reference: 1 }), badInput],
  ['a list for the reference', upsert({ reference: ['a', 'b'] }), badInput],
  ['an object for the reference', upsert({ reference: { $ne: null } }), badInput],
  ['an unknown field', upsert({ colour: 'red' }), badInput],
  ['the id of the organization', upsert({ organizationId: 2 }), badInput],
  ['a version', upsert({ version: 7 }), badInput],
  ['a text for a boolean', upsert({ isActive: 'true' }), badInput],
  ['a number for a boolean', upsert({ isActive: 1 }), badInput],
  ['a text for a number', upsert({ latitude: '1' }), badInput],
  ['a fraction for an integer', upsert({ dueDateConfigNumber: 1.5 }), badInput],
  ['a boolean for a text', upsert({ city: true }), badInput],
  ['an object for a text', upsert({ city: { $gt: '' } }), badInput],
  ['an enum value there is none of', upsert({ dueDateConfigType: 'NEVER' }), badInput],
  ['an enum value in lower case', upsert({ dueDateConfigType: 'days_after_invoice_date' }), badInput],
  ['an empty key', upsert({ customerCategory: {} }), badInput],
  ['both keys', upsert({ customerCategory: { id: '1', reference: 'root' } }), badInput],
  ['null in a key', upsert({ customerCategory: { reference: null } }), badInput],
  ['a text for a key', upsert({ customerCategory: 'root' }), badInput],
  ['null among payment types', upsert({ paymentTypes: [null] }), badInput],
  ['payment types in a list in a list', upsert({ paymentTypes: [[{ id: 7 }]] }), badInput],
  ['a text for a picture', upsert({ logo: 'x.png' }), badInput],
  ['an object for a picture', upsert({ logo: { filename: 'x.png', bytes: [] } }), badInput],
  ['a picture written into the document', write('logo: "x"'), badInput],
  ['both keys written into the document', write('customerCategory: { id: 1, reference: "root" }'), unvalidated],
  [
    '251 payment types',
    upsert({ paymentTypes: Array.from({ length: 251 }, () => ({ id: '7' })) }),
    invalid('paymentTypes'),
  ],
  ['a blank reference', upsert({ reference: '  ' }), '200 MISSING_PARAM: reference parameter is missing'],
  ['no name for a new record', upsert({ name: null }), '200 MISSING_PARAM: name parameter is missing'],
  ['a blank name', upsert({ name: ' ' }), '200 MISSING_PARAM: name parameter is missing'],
  ['a control character in the reference', upsert({ reference: 'a\u0007' }), invalid('reference')],
  ['a category with two parents', upsertCategory({ parent: [{ id: 1 }, { id: 2 }] }), badInput],
  ['a category with no parent', upsertCategory({ parent: null }), '200 MISSING_PARAM: parentId parameter is missing'],
  [
    'a second root',
    upsertCategory({ isRoot: true }),
    '200 SAVE_NOT_AUTHORIZED: Organization should have only one root category of customer.',
  ],
  [
    'a category below itself',
    upsertCategory({ reference: 'jewelry', parent: { reference: 'jewelry' } }),
    '200 SAVE_FAILED: Failed to save instance',
  ],
  [
    'the root below its child',
    upsertCategory({ reference: 'jewelry', newReference: 'root' }),
    '200 NOT_UNIQUE: reference already used',
  ],
];

const injections: readonly Attack[] = [
  [
    'a quote in a key',
    upsert({ customerCategory: { reference: "' or 1=1 --" } }),
    notFound('customer category', "' or 1=1 --"),
  ],
  [
    'SQL in a key',
    upsert({ parentCustomer: { reference: "'); drop table customers; --" }, isSubCustomer: true }),
    notFound('parent customer', "'); drop table customers; --"),
  ],
  [
    'a dollar quote in a key',
    upsert({ createdBy: { reference: '$$; select 1; $$' } }),
    notFound('user', '$$; select 1; $$'),
  ],
  ['a cast in an id', upsert({ customerCategory: { id: '1::text' } }), invalid('categoryId')],
  ['a placeholder in an id', upsert({ customerCategory: { id: '$1' } }), invalid('categoryId')],
  ['SQL in an id', upsert({ regionId: '1 or 1=1' }), invalid('regionId')],
  [
    'a backslash in a key',
    upsert({ customerSegmentation: { reference: "\\' or 1=1" } }),
    notFound('customer segmentation', "\\' or 1=1"),
  ],
  [
    'JSON in a key',
    upsert({ customerSegmentation: { reference: '{"$ne":null}' } }),
    notFound('customer segmentation', '{"$ne":null}'),
  ],
  [
    'a template in a key',
    upsert({ customerSegmentation: { reference: '${7*7}' } }),
    notFound('customer segmentation', '${7*7}'),
  ],
  ['a currency of SQL', upsert({ currency: "EU'" }), invalid('currency')],
  ['a country of SQL', upsert({ billingCountry: "' or 1=1" }), invalid('billingCountry')],
  ['a document in a text', write('city: "" }) { __typename } dropEverything(a: { b: "x"'), unvalidated],
];

const lists: readonly Attack[] = [
  ['more than a page', ask('{ customers(first: 251) { nodes { id } } }'), badInput],
  ['a negative number', ask('{ customers(first: -1) { nodes { id } } }'), badInput],
  ['from both ends', ask('{ customers(first: 1, last: 1) { nodes { id } } }'), badInput],
  ['a cursor that is none', ask('{ customers(after: "x") { nodes { id } } }'), badInput],
  ['a cursor of SQL', ask('{ customers(after: "JzsgZHJvcCB0YWJsZQ==") { nodes { id } } }'), badInput],
  [
    'a cursor of 100 000 characters',
    ask('query ($c: String) { customers(after: $c) { nodes { id } } }', { c: 'x'.repeat(100_000) }),
    badInput,
  ],
  ['a cursor with U+0000', ask('query ($c: String) { customers(after: $c) { nodes { id } } }', { c: '\0' }), badInput],
  ['a moment that is none', ask('{ customers(filter: { updatedSince: "yesterday" }) { nodes { id } } }'), badInput],
  [
    'a day there is none of',
    ask('{ customers(filter: { updatedSince: "2026-02-30T00:00:00Z" }) { nodes { id } } }'),
    badInput,
  ],
  ['an order there is none of', ask('{ customers(orderBy: [{ field: PASSWORD }]) { nodes { id } } }'), unvalidated],
  ['a filter there is none of', ask('{ customers(filter: { or: [] }) { nodes { id } } }'), unvalidated],
  ['changes beyond the page', ask('{ changes(first: 100000) { endCursor } }'), badInput],
  ['changes from a cursor that is none', ask('{ changes(after: "x") { endCursor } }'), badInput],
  [
    'a key with U+0000',
    ask('query ($r: String) { result: customer(by: { reference: $r }) { id } }', { r: '\0' }),
    '200 {"data":{"result":null}}',
  ],
];

const floods: readonly Attack[] = [
  ['a batch', postGraphql([{ query: '{__typename}' }, { query: '{__typename}' }]), '400 BAD_REQUEST'],
  ['an empty batch', postGraphql([]), '400 BAD_REQUEST'],
  ['11 bulk upserts', ask(`mutation { ${aliases(11, 'upsertCustomers(inputs: []) { failed }')} }`), badInput],
  [
    '1 001 items of a bulk upsert',
    () =>
      ask('mutation ($i: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $i) { failed } }', {
        i: Array.from({ length: 1_001 }, (_, index) => ({ reference: `never-${index}` })),
      }),
    badInput,
  ],
  ['an unknown persisted id', postGraphql({ documentId: 'sha256:0000' }), '400 BAD_REQUEST'],
  [
    'an unknown persisted hash',
    postGraphql({ extensions: { persistedQuery: { version: 1, sha256Hash: '0000' } } }),
    '400 BAD_REQUEST',
  ],
  [
    'a persisted hash of the prototype',
    postGraphql({ extensions: { persistedQuery: { version: 1, sha256Hash: '__proto__' } } }),
    '400 BAD_REQUEST',
  ],
  ['a parser at its end', () => ask('{ a '.repeat(20_000)), '400 BAD_USER_INPUT'],
];

/** Documents, variables and values of GraphQL. */
export const graphqlDocuments: readonly AttackGroup[] = [
  { name: 'a document with', attacks: documents },
  { name: 'fragments and directives:', attacks: fragments },
  { name: 'variables with', attacks: variables },
  { name: 'an input with', attacks: inputs },
  { name: 'an injection by', attacks: injections },
  { name: 'a list asked for with', attacks: lists },
  { name: 'a flood of', attacks: floods },
];
