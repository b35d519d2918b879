import { brotliCompressSync, gzipSync } from 'node:zlib';
import { limits } from '../../src/contract/limits.ts';
import type { Attack, AttackGroup } from './attack.ts';
import { customerMutation, json, never, postGraphql, upsert } from './requests.ts';

const query = JSON.stringify(customerMutation);
const typename = '"query":"{__typename}"';
const valid = JSON.stringify({ query: customerMutation, variables: { input: { reference: never, name: 'x' } } });
/** The valid request with its input written as JSON text. */
const withInput = (input: string): Buffer => postGraphql(`{"query":${query},"variables":{"input":${input}}}`);
const withVariables = (variables: string): Buffer => postGraphql(`{"query":${query},"variables":${variables}}`);
const as = (contentType: string, body: string | Uint8Array = valid): Buffer =>
  postGraphql(body, { accept: json['accept'] ?? '', ...(contentType !== '' && { 'content-type': contentType }) });
const compressed = (encoding: string, body: Uint8Array): Buffer =>
  postGraphql(body, { ...json, 'content-encoding': encoding });

const noPreflight = '403 error: Required CSRF header(s) not present';

const texts: readonly Attack[] = [
  ['nothing', postGraphql(''), '400 BAD_REQUEST'],
  ['blanks', postGraphql(' \n '), '400 BAD_REQUEST'],
  ['null', postGraphql('null'), '400 BAD_REQUEST'],
  ['a number', postGraphql('1'), '400 BAD_REQUEST'],
  ['true', postGraphql('true'), '400 BAD_REQUEST'],
  ['a text', postGraphql('"{__typename}"'), '400 BAD_REQUEST'],
  ['an empty object', postGraphql('{}'), '400 BAD_REQUEST'],
  ['an object that does not end', postGraphql(valid.slice(0, -1)), '400 BAD_REQUEST'],
  ['something behind the end', postGraphql(`${valid}}`), '400 BAD_REQUEST'],
  ['two objects', postGraphql(valid + valid), '400 BAD_REQUEST'],
  ['a comma too many', postGraphql(`${valid.slice(0, -1)},}`), '400 BAD_REQUEST'],
  ['a comment', postGraphql(`/* */${valid}`), '400 BAD_REQUEST'],
  ['single quotes', postGraphql("{'query':'{__typename}'}"), '400 BAD_REQUEST'],
  ['names without quotes', postGraphql('{query:"{__typename}"}'), '400 BAD_REQUEST'],
  ['NaN', withInput(`{"reference":"never","name":"x","latitude":NaN}`), '400 BAD_REQUEST'],
  ['Infinity', withInput(`{"reference":"never","name":"x","latitude":-Infinity}`), '400 BAD_REQUEST'],
  ['a hexadecimal number', withInput(`{"reference":"never","name":"x","latitude":0x1}`), '400 BAD_REQUEST'],
  ['a number with a leading zero', withInput(`{"reference":"never","name":"x","latitude":01}`), '400 BAD_REQUEST'],
  ['a line end in a text', withInput('{"reference":"never","name":"a\nb"}'), '400 BAD_REQUEST'],
  ['U+0000 in a text', withInput('{"reference":"never","name":"a\0b"}'), '400 BAD_REQUEST'],
  ['an escape there is none of', withInput('{"reference":"never","name":"\\x41"}'), '400 BAD_REQUEST'],
  ['half an escape', withInput('{"reference":"never","name":"\\u12"}'), '400 BAD_REQUEST'],
  ['100 000 brackets', () => postGraphql('['.repeat(100_000)), '400 BAD_REQUEST'],
  [
    '100 000 brackets for a variable',
    withVariables(`{"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    '400 BAD_USER_INPUT',
  ],
  [
    '10 000 objects in each other',
    withVariables(`{"input":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`),
    '400 BAD_USER_INPUT',
  ],
  [
    '4 MB and a byte',
    () => postGraphql(`${valid}${' '.repeat(limits.graphql.operationBytes)}`),
    `413 PAYLOAD_TOO_LARGE: The body must not exceed ${limits.graphql.operationBytes} bytes.`,
  ],
];

const members: readonly Attack[] = [
  ['the query twice, the last of them a number', postGraphql(`{${typename},"query":1}`), '400 BAD_REQUEST'],
  [
    'the variables twice, the last of them empty',
    postGraphql(`{"query":${query},"variables":{"input":{"reference":"never","name":"x"}},"variables":{}}`),
    '400 BAD_USER_INPUT',
  ],
  ['the request in __proto__', postGraphql(`{"__proto__":${valid}}`), '400 BAD_REQUEST'],
  ['the query in constructor', postGraphql(`{"constructor":{"prototype":{${typename}}}}`), '400 BAD_REQUEST'],
  [
    'the variables in __proto__',
    withVariables('{"__proto__":{"input":{"reference":"never","name":"x"}}}'),
    '400 BAD_USER_INPUT',
  ],
  ['the name in __proto__', withInput('{"reference":"never","__proto__":{"name":"x"}}'), '400 BAD_USER_INPUT'],
  ['the reference in __proto__', withInput('{"__proto__":{"reference":"never"},"name":"x"}'), '400 BAD_USER_INPUT'],
  [
    'a key in __proto__',
    withInput('{"reference":"never","name":"x","customerCategory":{"__proto__":{"id":"1"}}}'),
    '400 BAD_USER_INPUT',
  ],
  ['toString for a field', withInput('{"reference":"never","name":"x","toString":1}'), '400 BAD_USER_INPUT'],
  ['toJSON for a field', withInput('{"reference":"never","name":"x","toJSON":1}'), '400 BAD_USER_INPUT'],
  ['then for a field', withInput('{"reference":"never","name":"x","then":1}'), '400 BAD_USER_INPUT'],
  ['an unknown member of the request', postGraphql(`{${typename},"surprise":1}`), '400 BAD_REQUEST'],
  ['a query that is null', postGraphql('{"query":null}'), '400 BAD_REQUEST'],
  ['a query that is a list', postGraphql('{"query":["{__typename}"]}'), '400 BAD_REQUEST'],
  ['a query that is an object', postGraphql('{"query":{"kind":"Document","definitions":[]}}'), '400 BAD_REQUEST'],
  ['variables that are a text', withVariables('"{}"'), '400 BAD_REQUEST'],
  ['variables that are a list', withVariables('[1]'), '400 BAD_REQUEST'],
  ['extensions that are a text', postGraphql(`{${typename},"extensions":"x"}`), '400 BAD_REQUEST'],
  [
    'an operation name that is a number',
    postGraphql(`{${typename},"operationName":1}`),
    '400 OPERATION_RESOLUTION_FAILURE',
  ],
];

const values: readonly Attack[] = [
  [
    'a lone surrogate for a name',
    withInput('{"reference":"never","name":"\\ud800"}'),
    '200 INVALID_PARAM_TYPE: The type of parameter name you provided is not valid for this request.',
  ],
  [
    'surrogates the wrong way round',
    withInput('{"reference":"never","name":"\\udc00\\ud800"}'),
    '200 INVALID_PARAM_TYPE: The type of parameter name you provided is not valid for this request.',
  ],
  [
    'a lone surrogate for a reference',
    withInput('{"reference":"\\udfff","name":"x"}'),
    '200 INVALID_PARAM_TYPE: The type of parameter reference you provided is not valid for this request.',
  ],
  [
    'an escaped U+0000',
    withInput('{"reference":"never","name":"a\\u0000b"}'),
    '200 INVALID_PARAM_TYPE: The type of parameter name you provided is not valid for this request.',
  ],
  [
    'a number beyond any float',
    withInput('{"reference":"never","name":"x","creditLimit":1e309}'),
    '400 BAD_USER_INPUT',
  ],
  [
    'a negative number beyond any float',
    withInput('{"reference":"never","name":"x","latitude":-1e999}'),
    '400 BAD_USER_INPUT',
  ],
  [
    'a number of 10 000 digits',
    withInput(`{"reference":"never","name":"x","creditLimit":${'9'.repeat(10_000)}}`),
    '400 BAD_USER_INPUT',
  ],
  [
    'an integer beyond 32 bits',
    withInput('{"reference":"never","name":"x","dueDateConfigNumber":2147483648}'),
    '400 BAD_USER_INPUT',
  ],
  [
    'an integer beyond 64 bits',
    withInput('{"reference":"never","name":"x","dueDateConfigNumber":9223372036854775808}'),
    '400 BAD_USER_INPUT',
  ],
  [
    'an id of a fraction',
    withInput('{"reference":"never","name":"x","customerCategory":{"id":1.5}}'),
    '400 BAD_USER_INPUT',
  ],
  [
    'an id beyond what JSON holds exactly',
    withInput('{"reference":"never","name":"x","customerCategory":{"id":1e30}}'),
    '200 INVALID_PARAM_TYPE: The type of parameter categoryId you provided is not valid for this request.',
  ],
  [
    'a megabyte for a name',
    () => upsert({ name: 'x'.repeat(1_000_000) }),
    '200 INVALID_PARAM_TYPE: The type of parameter name you provided is not valid for this request.',
  ],
];

const types: readonly Attack[] = [
  ['none', as(''), noPreflight],
  ['text', as('text/plain'), noPreflight],
  ['text with JSON for its charset', as('text/plain; charset=application/json'), noPreflight],
  ['XML', as('application/xml'), '415'],
  ['a sort of JSON there is none of', as('application/jsonx'), '415'],
  ['a picture', as('image/png'), '415'],
  ['something unreadable', as(';;;'), '415'],
  ['a form', as('application/x-www-form-urlencoded'), noPreflight],
  ['a form in parts', as('multipart/form-data; boundary=x'), noPreflight],
  ['another multipart', as('multipart/mixed; boundary=x'), '415'],
  [
    'a charset with its bytes',
    as('application/json; charset=utf-16le', Buffer.from(valid, 'utf16le')),
    '400 BAD_REQUEST',
  ],
  ['UTF-32', as('application/json', Buffer.from(valid.replace(/./g, '$&\0\0\0'))), '400 BAD_REQUEST'],
];

const codings: readonly Attack[] = [
  ['gzip', compressed('gzip', gzipSync(valid)), '400 BAD_REQUEST'],
  ['brotli', compressed('br', brotliCompressSync(valid)), '400 BAD_REQUEST'],
  ['a gzip bomb', () => compressed('gzip', gzipSync(Buffer.alloc(100_000_000, ' '))), '400 BAD_REQUEST'],
  ['gzip that is none', compressed('deflate', Buffer.from('x')), '400 BAD_REQUEST'],
];

/** JSON for GraphQL. */
export const jsonBodies: readonly AttackGroup[] = [
  { name: 'a body of', attacks: texts },
  { name: 'JSON with', attacks: members },
  { name: 'JSON whose value is', attacks: values },
  { name: 'JSON whose content type is', attacks: types },
  { name: 'JSON compressed as', attacks: codings },
];
