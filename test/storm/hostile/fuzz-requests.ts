import fc from 'fast-check';
import type { FuzzRequest } from './fuzz-client.ts';
import { document } from './fuzz-documents.ts';
import { hostileText, reference } from './fuzz-values.ts';
import {
  type ParameterKind,
  customerCategoryParameters,
  customerParameters,
} from '../../../src/contract/parameters.ts';

const parameters = [...customerParameters, ...customerCategoryParameters].map(({ name }) => name);

const parameterName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...parameters, 'reference', 'useExternalId') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'name[]', '', 'x'.repeat(256)) },
  { weight: 1, arbitrary: hostileText },
);

const parameterText = fc.oneof(
  hostileText,
  reference,
  fc.constantFrom(
    'true',
    'false',
    'null',
    '1',
    '0',
    '-1',
    '90.0001',
    '1e309',
    'EUR',
    'FR',
    'France',
    '[{"id"=7},{"id"=8}]',
    '[7,8]',
    '[',
    '{}',
  ),
);

/** What a parameter usually is, by its kind. */
const usual: Readonly<Record<ParameterKind['type'], readonly string[]>> = {
  text: ['fuzz', 'Märie', ''],
  boolean: ['true', 'false', ''],
  number: ['0', '1', '45.5', ''],
  country: ['FR', 'France', ''],
  currency: ['EUR', 'USD'],
  dueDateType: ['1', '2', ''],
  relation: ['root', '1', 'fuzz-1', 'fuzz-2', ''],
  paymentTypes: ['[{"id"=7},{"id"=8}]', '[7]', ''],
  image: [''],
};

const usualPair = fc
  .constantFrom(...customerParameters, ...customerCategoryParameters)
  .chain(({ name, kind }) => fc.tuple(fc.constant(name), fc.constantFrom(...usual[kind.type])));

const pair = fc.oneof(
  { weight: 12, arbitrary: usualPair },
  { weight: 1, arbitrary: fc.tuple(parameterName, parameterText) },
);

const pairs = fc
  .array(pair, { maxLength: 6 })
  .map((all): (readonly [string, string])[] => [['parentId', 'root'], ...all, ['name', 'fuzz']]);

const picture = fc.oneof(
  fc
    .constantFrom('GIF89a', '\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'BM', '<svg/>')
    .map((start) => Buffer.from(start, 'latin1')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('BM'), bytes])),
  fc.constant(Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64')),
);

const urlencodedBody = pairs.map((all) => ({
  type: 'application/x-www-form-urlencoded',
  body: Buffer.from(new URLSearchParams(all.map(([name, value]) => [name, value.toWellFormed()])).toString()),
}));

const part = (header: string, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`--x\r\nContent-Disposition: form-data; ${header}\r\n\r\n`), value, Buffer.from('\r\n')]);
const end = Buffer.from('--x--\r\n');
const multipart = 'multipart/form-data; boundary=x';

const multipartBody = fc
  .tuple(pairs, fc.option(picture), hostileText, fc.constantFrom('imageFile', 'image'))
  .map(([all, file, filename, field]) => {
    const texts = all.map(([name, value]) => part(`name="${name}"`, Buffer.from(value)));
    const files = file ? [part(`name="${field}"; filename="${filename}"`, file)] : [];
    return { type: multipart, body: Buffer.concat([...texts, ...files, end]) };
  });

const anyBody = fc.record({
  type: fc.constantFrom(
    '',
    'text/plain',
    'application/json',
    multipart,
    'application/x-www-form-urlencoded; charset=utf-16',
    ';;;',
    'multipart/form-data',
  ),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    hostileText.map((text) => Buffer.from(text)),
  ),
});

const segment = fc.oneof(
  { weight: 10, arbitrary: reference.map(encodeURIComponent) },
  { weight: 3, arbitrary: hostileText.map((text) => encodeURIComponent(text.toWellFormed())) },
  { weight: 1, arbitrary: fc.constantFrom('%', '%00', '%ff', '..', '%2e%2e%2f', '', 'x'.repeat(256), '%ED%A0%80') },
);

const restPath = fc.oneof(
  { weight: 10, arbitrary: segment.map((text) => `/api/v1.0/customers/reference/${text}`) },
  { weight: 5, arbitrary: segment.map((text) => `/api/v1.0/customerCategories/reference/${text}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('customers', 'users', 'regions', 'paymentTypes', '__proto__'), segment)
      .map(([name, id]) => `/api/v1.0/${name}/${id}`),
  },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 5 }).map((all) => `/api/${all.join('/')}`) },
);

const otherPath = fc.oneof(
  fc.constantFrom(
    '/',
    '/graphql',
    '/livez',
    '/readyz',
    '/metrics',
    '/a/photoCustomer/x.png',
    '//',
    '/%',
    '/favicon.ico',
  ),
  fc.array(segment, { maxLength: 4 }).map((all) => `/${all.join('/')}`),
);

const headerValue = fc
  .string({ maxLength: 30 })
  .map((text) => text.replace(/[^\x20-\x7e]/g, ''))
  .filter((text) => text.trim() === text);

const strangeHeaders = fc.dictionary(
  fc.constantFrom(
    'if-match',
    'if-none-match',
    'cookie',
    'authorization',
    'x-api-key',
    'origin',
    'accept',
    'x-request-id',
    'content-encoding',
    'range',
    'traceparent',
    'sec-fetch-site',
  ),
  fc.oneof(
    headerValue,
    fc.constantFrom('*', '"1"', 'W/"1"', 'gzip', 'cross-site', 'text/event-stream', 'application/json'),
  ),
  { maxKeys: 3 },
);

const headers = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strangeHeaders });

/** Bytes cut off, doubled or turned over. */
const damage = fc.oneof(
  { weight: 5, arbitrary: fc.constant((body: Buffer) => body) },
  {
    weight: 1,
    arbitrary: fc.nat().map((at) => (body: Buffer) => body.subarray(0, body.length === 0 ? 0 : at % body.length)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]) => (body: Buffer) => {
      const other = Buffer.from(body);
      if (other.length > 0) other[at % other.length] = value;
      return other;
    }),
  },
);

const rest: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.constantFrom('POST', 'POST', 'POST', 'POST', 'GET', 'PUT'),
    restPath,
    fc.oneof(
      { weight: 5, arbitrary: urlencodedBody },
      { weight: 4, arbitrary: multipartBody },
      { weight: 1, arbitrary: anyBody },
    ),
    headers,
    damage,
  )
  .map(([method, path, { type, body }, more, spoil]) => ({
    door: 'rest',
    method,
    path,
    headers: { ...(type !== '' && { 'content-type': type }), ...more },
    body: method === 'GET' ? Buffer.alloc(0) : spoil(body),
  }));

const jsonBody = document.map((operation) => ({
  type: 'application/json',
  body: Buffer.from(JSON.stringify(operation)),
}));

const uploadBody = fc
  .tuple(
    document,
    picture,
    fc.constantFrom(
      'variables.input.logo',
      'variables.input',
      'query',
      'variables.__proto__.x',
      'variables.toString.x',
      'variables.v0.logo',
      '',
    ),
  )
  .map(([operation, file, path]) => ({
    type: multipart,
    body: Buffer.concat([
      part('name="operations"', Buffer.from(JSON.stringify(operation))),
      part('name="map"', Buffer.from(JSON.stringify({ 0: [path] }))),
      part('name="0"; filename="a.png"', file),
      end,
    ]),
  }));

const graphql: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.oneof(
      { weight: 10, arbitrary: jsonBody },
      { weight: 2, arbitrary: uploadBody },
      { weight: 1, arbitrary: anyBody },
    ),
    headers,
    damage,
  )
  .map(([{ type, body }, more, spoil]) => ({
    door: 'graphql',
    method: 'POST',
    path: '/graphql',
    headers: {
      'x-graphql-yoga-csrf': '1',
      accept: 'application/json',
      ...(type !== '' && { 'content-type': type }),
      ...more,
    },
    body: spoil(body),
  }));

const other: fc.Arbitrary<FuzzRequest> = fc
  .tuple(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'), otherPath, headers)
  .map(([method, path, more]) => ({ door: 'other', method, path, headers: more, body: Buffer.alloc(0) }));

const fragment = fc.constantFrom(
  ...[
    'GET ',
    'POST ',
    '/graphql',
    '/api/v1.0/customers/reference/raw',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    '\r\n',
    '\r\n\r\n',
  ],
  ...[
    'Host: localhost\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
  ],
  ...[
    'Content-Type: application/json\r\n',
    `Content-Type: ${multipart}\r\n`,
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
  ],
  ...['{"query":"{ __typename }"}', '--x\r\n', '--x--', '5\r\nname=\r\n0\r\n\r\n', '\0', '\xff'],
);

const rawHttp: fc.Arbitrary<FuzzRequest> = fc
  .array(fc.oneof({ weight: 6, arbitrary: fragment }, fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 15 })
  .map((texts) => ({ door: 'raw', bytes: Buffer.from(texts.join(''), 'latin1') }));

/** Requests of all kinds, most of them nearly right: those get furthest. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { weight: 45, arbitrary: graphql },
  { weight: 40, arbitrary: rest },
  { weight: 7, arbitrary: other },
  { weight: 8, arbitrary: rawHttp },
);
