import { limits } from '../../src/contract/limits.ts';
import type { Attack, AttackGroup } from './attack.ts';
import {
  csrf,
  customerMutation,
  customerPath,
  multipart,
  never,
  part,
  parts,
  postGraphql,
  postParts,
  namePart,
  raw,
} from './requests.ts';

const operations = part(
  'name="operations"',
  JSON.stringify({ query: customerMutation, variables: { input: { reference: never, name: 'x', logo: null } } }),
);
const lists = part(
  'name="operations"',
  JSON.stringify({
    query: 'mutation ($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs) { failed } }',
    variables: { inputs: [] },
  }),
);
const withMap = (map: string): Buffer => part('name="map"', map);
const map = withMap('{"0":["variables.input.logo"]}');
const file = part('name="0"; filename="a.png"', 'x');
const post = (...all: readonly Uint8Array[]): Buffer => postGraphql(parts(...all), { ...multipart, ...csrf });
const bytes = (body: Uint8Array, headers: Readonly<Record<string, string>> = { ...multipart, ...csrf }): Buffer =>
  postGraphql(body, headers);

const bad = '400 BAD_REQUEST';

const orders: readonly Attack[] = [
  ['nothing', bytes(raw('')), bad],
  ['no parts', post(), bad],
  ['no operations', post(map, file), bad],
  ['no map', post(operations, file), bad],
  ['the map first', post(map, operations, file), bad],
  ['the file first', post(file, operations, map), bad],
  ['a part without a name', post(operations, map, part('a="b"', 'x')), bad],
  ['a file twice', post(operations, map, file, file), bad],
  ['two operations', post(operations, operations, map, file), bad],
  ['a file for the operations', post(part('name="operations"; filename="a"', '{}'), map, file), bad],
  ['a file for the map', post(operations, part('name="map"; filename="a"', '{}'), file), bad],
  ['no file', post(operations, map), bad],
  ['a text for the file', post(operations, map, part('name="0"', 'x')), bad],
];

const maps: readonly Attack[] = [
  ['no JSON', post(operations, withMap('{'), file), bad],
  ['null', post(operations, withMap('null'), file), bad],
  ['a list', post(operations, withMap('[]'), file), bad],
  ['a text', post(operations, withMap('"x"'), file), bad],
  ['texts', post(operations, withMap('{"0":"variables.input.logo"}'), file), bad],
  ['numbers', post(operations, withMap('{"0":[1]}'), file), bad],
  ['an empty path', post(operations, withMap('{"0":[""]}'), file), bad],
  ['a path to nowhere', post(operations, withMap('{"0":["a.b.c"]}'), file), bad],
  ['a path into the query', post(operations, withMap('{"0":["query"]}'), file), bad],
  ['__proto__', post(operations, withMap('{"0":["__proto__.polluted"]}'), file), bad],
  ['constructor', post(operations, withMap('{"0":["constructor.prototype.polluted"]}'), file), bad],
  ['__proto__ among the variables', post(operations, withMap('{"0":["variables.__proto__.polluted"]}'), file), bad],
  ['toString of the variables', post(operations, withMap('{"0":["variables.input.toString"]}'), file), bad],
  ['a method of the prototype', post(operations, withMap('{"0":["variables.hasOwnProperty.polluted"]}'), file), bad],
  ['a method of a text', post(operations, withMap('{"0":["variables.input.name.replace.polluted"]}'), file), bad],
  ['a member of a text', post(operations, withMap('{"0":["variables.input.name.x"]}'), file), bad],
  ['an index that makes a list endless', post(lists, withMap('{"0":["variables.inputs.4294967294"]}'), file), bad],
  ['the length of a list', post(lists, withMap('{"0":["variables.inputs.length"]}'), file), bad],
  ['nothing for a file', post(operations, withMap('{"0":[]}'), file), bad],
  ['no place for a file', post(operations, withMap('{}'), file), bad],
  ['one place twice', post(operations, withMap('{"0":["variables.input.logo","variables.input.logo"]}'), file), bad],
  ['the name', post(operations, withMap('{"0":["variables.input.name"]}'), file), bad],
  ['100 000 paths', () => post(operations, withMap(`{"0":[${Array(100_000).fill('"a.b"').join(',')}]}`), file), bad],
];

const bodies: readonly Attack[] = [
  ['operations that are no JSON', post(part('name="operations"', '{'), map, file), bad],
  ['operations that are null', post(part('name="operations"', 'null'), map, file), bad],
  ['operations that are a number', post(part('name="operations"', '1'), map, file), bad],
  [
    'operations that are a batch',
    post(part('name="operations"', '[{"query":"{__typename}"},{"query":"{__typename}"}]'), withMap('{}')),
    bad,
  ],
  ['no boundary', bytes(parts(operations, map, file), { ...csrf, 'content-type': 'multipart/form-data' }), bad],
  [
    'another boundary',
    bytes(parts(operations, map, file), { ...csrf, 'content-type': 'multipart/form-data; boundary=y' }),
    bad,
  ],
  ['no end', bytes(Buffer.concat([operations, map, file])), bad],
  ['an end in the file', bytes(Buffer.concat([operations, map, file.subarray(0, -3)])), bad],
  ['no preflight', bytes(parts(operations, map, file), multipart), '403 error: Required CSRF header(s) not present'],
  ['a picture that is none', post(operations, map, file), '200 UNSUPPORTED_FILE_TYPE: image format not supported.'],
  [
    'an empty picture',
    post(operations, map, part('name="0"; filename="a.png"', '')),
    '200 UNSUPPORTED_FILE_TYPE: image format not supported.',
  ],
  [
    'a picture of 2 MB and a byte',
    () => post(operations, map, part('name="0"; filename="a.png"', Buffer.alloc(limits.images.fileBytes + 1))),
    '200 EXCEEDED_FILE_SIZE: image size should not exceed 2Mo',
  ],
  [
    '25 MB and a byte',
    () => post(operations, map, part('name="0"; filename="a.png"', Buffer.alloc(limits.graphql.uploadBytes))),
    `413 PAYLOAD_TOO_LARGE: The body must not exceed ${limits.graphql.uploadBytes} bytes.`,
  ],
  [
    '11 files',
    post(
      operations,
      withMap(
        JSON.stringify(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [index, ['variables.input.logo']]))),
      ),
      ...Array.from({ length: 11 }, (_, index) => part(`name="${index}"; filename="a.png"`, 'x')),
    ),
    '413 BAD_REQUEST',
  ],
  [
    'operations for the other door',
    postParts(parts(operations, map, file), multipart, customerPath),
    '400 missing_param: name parameter is missing',
  ],
  ['a form of the other door', bytes(parts(namePart)), bad],
];

/** Multipart requests to GraphQL that do not follow their specification. */
export const uploads: readonly AttackGroup[] = [
  { name: 'an upload with', attacks: orders },
  { name: 'an upload whose map has', attacks: maps },
  { name: 'an upload of', attacks: bodies },
];
