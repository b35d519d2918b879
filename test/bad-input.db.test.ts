import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../src/contract/limits.ts';
import { readCpuMillis } from './support/cpu-time.ts';
import { type TestGateway, encodeForm, openTestGateway } from './support/gateway.ts';
import { makePicture, toFile } from './support/pictures.ts';
import { type Listening, type RawAnswer, headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';
import { customerMutation, readTables } from './support/upserts.ts';

const customerLine = 'POST /api/v1.0/customers/reference/never';
const graphqlLine = 'POST /graphql';
const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };

let gateway: TestGateway;
let http: Listening;
let before: string;

const readState = async () => JSON.stringify([await readTables(gateway), await gateway.imageFiles()]);

async function send(bytes: Uint8Array, options: Parameters<typeof sendRaw>[2] = {}): Promise<RawAnswer> {
  const answer = await sendRaw(http.port, bytes, options);
  if (!answer) throw new Error('The connection was closed without an answer.');
  return answer;
}

const post = (line: string, headers: Record<string, string>, body: string | Uint8Array) =>
  send(toRequest(line, headers, body));

const parse = ({ body }: RawAnswer): unknown => JSON.parse(body.toString());

/** What would have ended a process of its own. */
const uncaught: unknown[] = [];
const catchIt = (error: unknown) => uncaught.push(error);

/** The process lives and answers, and nothing was changed. */
async function expectUnharmed(): Promise<void> {
  await http.becomeIdle();
  expect(uncaught.splice(0).map(String)).toEqual([]);
  const answer = await post(graphqlLine, json, '{"query":"{ organization { name } }"}');
  expect([answer.status, parse(answer)]).toEqual([200, { data: { organization: { name: 'entity1' } } }]);
  expect(await readState()).toBe(before);
}

type Request = { readonly line: string; readonly headers: Record<string, string>; readonly body: Buffer };

async function encode(
  line: string,
  body: FormData | URLSearchParams,
  more: Record<string, string> = {},
): Promise<Request> {
  const response = new Response(body);
  const headers = { 'content-type': response.headers.get('content-type') ?? '', ...more };
  return { line, headers, body: Buffer.from(await response.arrayBuffer()) };
}

/** One valid request of each kind; sent whole, each would create the customer `never`. */
async function makeRequests(): Promise<Record<'urlencoded' | 'form' | 'json' | 'graphql', Request>> {
  const image = toFile(await makePicture(), 'ring.png');
  const variables = { input: { reference: 'never', name: 'Märie', logo: null } };
  const operations = JSON.stringify({ query: customerMutation, variables });
  const graphql = new FormData();
  graphql.append('operations', operations);
  graphql.append('map', '{"0":["variables.input.logo"]}');
  graphql.append('0', image);
  return {
    urlencoded: await encode(customerLine, new URLSearchParams({ name: 'Märie', city: 'Nice' })),
    form: await encode(customerLine, encodeForm({ name: 'Märie', imageFile: image })),
    json: { line: graphqlLine, headers: json, body: Buffer.from(operations) },
    graphql: await encode(graphqlLine, graphql, { 'x-graphql-yoga-csrf': '1' }),
  };
}

beforeAll(async () => {
  process.on('uncaughtException', catchIt).on('unhandledRejection', catchIt);
  gateway = await openTestGateway();
  http = await listen(gateway);
});

afterAll(async () => {
  process.off('uncaughtException', catchIt).off('unhandledRejection', catchIt);
  await http[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

beforeEach(async () => {
  before = await readState();
});

/** Where to cut `length` bytes: everywhere up to some, else all over. */
function cuts(length: number, most: number): number[] {
  const step = Math.max(1, Math.floor(length / most));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

const kinds = ['urlencoded', 'form', 'json', 'graphql'] as const;

describe.each(kinds)('a request that is cut off (%s)', (kind) => {
  it.each(['end', 'destroy'] as const)('changes nothing, wherever the connection ends (%s)', async (then) => {
    const { line, headers, body } = (await makeRequests())[kind];
    const whole = toRequest(line, headers, body);
    await inTurns(cuts(whole.length, 150), async (length) => {
      const answer = await sendRaw(http.port, whole.subarray(0, length), { then });
      if (answer) expect([length, answer.status]).toEqual([length, 400]);
    });
    await expectUnharmed();
  });

  if (kind !== 'urlencoded')
    it('is refused where the body is shorter and says so', async () => {
      const { line, headers, body } = (await makeRequests())[kind];
      await inTurns(cuts(body.length - 3, 150), async (length) => {
        const { status } = await post(line, headers, body.subarray(0, length));
        // A body may be cut so that it never was multipart at all, or that the answer tells of errors in GraphQL.
        expect([length, status >= 400 && status < 500]).toEqual([length, true]);
      });
      await expectUnharmed();
    });
});

describe('bodies of undeclared or wrong length', () => {
  const chunked = (body: Uint8Array, size: number): Buffer => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < body.length; at += size) {
      const chunk = body.subarray(at, at + size);
      chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), Buffer.from(chunk), Buffer.from('\r\n'));
    }
    return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
  };

  it.each(kinds)('are read in chunks of any size (%s)', async (kind) => {
    const { line, headers, body } = (await makeRequests())[kind];
    const files = await gateway.imageFiles();
    for (const size of [1, 7, 100_000]) {
      const reference = `chunked-${kind}-${size}`;
      const content = Buffer.from(body.toString('latin1').replace('"never"', `"${reference}"`), 'latin1');
      const request = toRequest(line.replace('never', reference), { ...headers, 'transfer-encoding': 'chunked' });
      const { status } = await send(Buffer.concat([request, chunked(content, size)]));
      expect([size, status]).toEqual([size, line === graphqlLine ? 200 : 201]);
    }
    const rows = await gateway.database.db
      .selectFrom('customers')
      .select('name')
      .where('reference', 'like', `chunked-${kind}-%`)
      .execute();
    expect(rows).toEqual([{ name: 'Märie' }, { name: 'Märie' }, { name: 'Märie' }]);
    const images = kind === 'form' || kind === 'graphql' ? 9 : 0;
    expect(await gateway.imageFiles()).toHaveLength(files.length + images);
  });

  it.each(kinds)('that end in the middle of a chunk change nothing (%s)', async (kind) => {
    const { line, headers, body } = (await makeRequests())[kind];
    const request = toRequest(line, { ...headers, 'transfer-encoding': 'chunked' });
    const whole = Buffer.concat([request, chunked(body, 50)]);
    await inTurns(cuts(whole.length, 60), async (length) => {
      const answer = await sendRaw(http.port, whole.subarray(0, length), { then: 'end' });
      if (answer) expect([length, answer.status]).toEqual([length, 400]);
    });
    await expectUnharmed();
  });

  it.each([
    ['abc', '5'],
    ['-5', '5'],
    ['5, 6', '5'],
    ['0x5', '5'],
    ['99999999999999999999', '5'],
  ])('are refused with 400 where the length is %s', async (length) => {
    const answer = await post(customerLine, { ...urlencoded, 'content-length': length }, 'name=');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    await expectUnharmed();
  });

  it('are refused with 400 where length and chunks are declared both', async () => {
    const both = { ...urlencoded, 'content-length': '4', 'transfer-encoding': 'chunked' };
    expect((await send(Buffer.concat([toRequest(customerLine, both), Buffer.from('0\r\n\r\n')]))).status).toBe(400);
    await expectUnharmed();
  });

  it('are refused with 400 where a chunk has no length', async () => {
    const request = toRequest(customerLine, { ...urlencoded, 'transfer-encoding': 'chunked' });
    expect((await send(Buffer.concat([request, Buffer.from('xyz\r\nname=x\r\n0\r\n\r\n')]))).status).toBe(400);
    await expectUnharmed();
  });

  it('end where they say, whatever follows', async () => {
    const request = toRequest(customerLine, { ...urlencoded, 'content-length': '0' });
    // Node itself refuses what follows the last request of a connection.
    expect((await send(Buffer.concat([request, Buffer.from('name=x')]))).status).toBe(400);
    await expectUnharmed();
  });
});

describe('bodies that are too large', () => {
  const boundary = 'multipart/form-data; boundary=x';
  const part = (name: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const filePart = (name: string, bytes: number) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\n\r\n${'x'.repeat(bytes)}\r\n`;

  it.each<[string, string, Record<string, string>, () => string, number, string]>([
    [
      'text of a form',
      customerLine,
      urlencoded,
      () => `name=x&comment=${'x'.repeat(limits.form.textBytes)}`,
      413,
      'payload_too_large',
    ],
    [
      'parameters of a form',
      customerLine,
      urlencoded,
      () => 'a=b&'.repeat(limits.form.parameters + 1),
      413,
      'payload_too_large',
    ],
    [
      'text of parts',
      customerLine,
      { 'content-type': boundary },
      () => `${part('comment', 'x'.repeat(limits.form.textBytes + 1))}--x--`,
      413,
      'payload_too_large',
    ],
    [
      'parts',
      customerLine,
      { 'content-type': boundary },
      () => `${part('a', '').repeat(limits.form.parameters + 1)}--x--`,
      413,
      'payload_too_large',
    ],
    [
      'an image of 3 MB',
      customerLine,
      { 'content-type': boundary },
      () => `${part('name', 'x')}${filePart('imageFile', 3_000_000)}--x--`,
      400,
      'exceeded_file_size',
    ],
    [
      'an image of 40 MB',
      customerLine,
      { 'content-type': boundary },
      () => `${part('name', 'x')}${filePart('imageFile', 40_000_000)}--x--`,
      400,
      'exceeded_file_size',
    ],
    [
      'another file of 40 MB',
      customerLine,
      { 'content-type': boundary },
      () => `${filePart('other', 40_000_000)}--x--`,
      413,
      'payload_too_large',
    ],
    ['a body of no content type', customerLine, {}, () => 'x'.repeat(5_000_000), 415, 'unsupported_media_type'],
    [
      'a body of another content type',
      customerLine,
      { 'content-type': 'text/csv' },
      () => 'x'.repeat(5_000_000),
      415,
      'unsupported_media_type',
    ],
    ['a form to nowhere', 'POST /api/v1/nowhere', urlencoded, () => 'x'.repeat(5_000_000), 404, 'not_found'],
    [
      'a form to another method',
      'PUT /api/v1/customers/reference/never',
      urlencoded,
      () => 'x'.repeat(5_000_000),
      405,
      'method_not_allowed',
    ],
  ])('are answered so that the client can read it: %s', async (_, line, headers, body, status, error) => {
    const content = body();
    const answer = await post(line, headers, content);
    expect([answer.status, parse(answer)]).toMatchObject([status, { error }]);
    const size = Buffer.byteLength(content).toString(16);
    const request = toRequest(line, { ...headers, 'transfer-encoding': 'chunked' });
    const chunks = Buffer.from(`${size}\r\n${content}\r\n0\r\n\r\n`);
    const inChunks = await send(Buffer.concat([request, chunks]));
    expect([inChunks.status, parse(inChunks)]).toMatchObject([status, { error }]);
    await expectUnharmed();
  });

  const tooLong = limits.graphql.operationBytes + 1;
  const csrf = { 'x-graphql-yoga-csrf': '1' };
  const bodies: readonly (readonly [string, Record<string, string>, () => string])[] = [
    ['JSON', json, () => `{"query":"{__typename}"}${' '.repeat(tooLong)}`],
    [
      'multipart',
      { ...csrf, 'content-type': boundary },
      () =>
        `${part('operations', '{}')}${part('map', '{"0":["query"]}')}${filePart('0', limits.graphql.uploadBytes + 1)}--x--`,
    ],
  ];

  it.each([limits.images.fileBytes + 1, 3_000_000, 20_000_000])(
    'ruling 38: are refused as an upload’s own error: %i',
    async (size) => {
      const { line, headers } = (await makeRequests()).graphql;
      const operations = JSON.stringify({
        query: customerMutation,
        variables: { input: { reference: 'never', name: 'x', logo: null } },
      });
      const content = `${part('operations', operations)}${part('map', '{"0":["variables.input.logo"]}')}${filePart('0', size)}--x--`;
      const answer = await post(line, { ...headers, 'content-type': boundary }, content);
      const errors = [{ code: 'EXCEEDED_FILE_SIZE', path: ['logo'] }];
      expect([answer.status, parse(answer)]).toMatchObject([200, { data: { result: { errors } } }]);
      await expectUnharmed();
    },
  );

  it.each(bodies)('are answered 413 by GraphQL (%s)', async (_, headers, body) => {
    const answer = await post(graphqlLine, headers, body());
    expect([answer.status, parse(answer)]).toMatchObject([
      413,
      { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
    ]);
    await expectUnharmed();
  });

  it.each(bodies)('are answered 413 by GraphQL in chunks too (%s)', async (_, headers, body) => {
    const content = body();
    const request = toRequest(graphqlLine, { ...headers, 'transfer-encoding': 'chunked' });
    const chunks = Buffer.from(`${Buffer.byteLength(content).toString(16)}\r\n${content}\r\n0\r\n\r\n`);
    const answer = await send(Buffer.concat([request, chunks]));
    expect(answer.status).toBe(413);
    await expectUnharmed();
  });
});

describe('GraphQL requests made to hurt', () => {
  // In this media type GraphQL over HTTP answers 400 for whatever cannot be executed.
  const headers = { ...json, accept: 'application/graphql-response+json' };
  const ask = (body: unknown) => post(graphqlLine, headers, typeof body === 'string' ? body : JSON.stringify(body));

  it.each<[string, () => unknown]>([
    ['an empty body', () => ''],
    ['null', () => 'null'],
    ['a number', () => '1'],
    ['a text', () => '"query"'],
    ['no query', () => ({})],
    ['a query that is no text', () => ({ query: 1 })],
    ['a query that is a list', () => ({ query: ['{ __typename }'] })],
    ['variables that are a text', () => ({ query: '{ __typename }', variables: 'x' })],
    ['variables that are a list', () => ({ query: '{ __typename }', variables: [1] })],
    [
      'an operation that is not there',
      () => ({ query: 'query A { __typename } query B { __typename }', operationName: 'C' }),
    ],
    ['two operations and no name', () => ({ query: 'query A { __typename } query B { __typename }' })],
    ['a batch', () => [{ query: '{ __typename }' }, { query: '{ __typename }' }]],
    ['an empty batch', () => []],
    ['broken JSON', () => '{"query":'],
    [
      'JSON nested 100 000 deep',
      () => `{"query":"{__typename}","variables":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ],
    [
      'a variable nested 10 000 deep',
      () =>
        `{"query":${JSON.stringify(customerMutation)},"variables":{"input":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}}`,
    ],
    [
      'a list nested 10 000 deep for a list',
      () => ({
        query:
          'mutation ($p: [RecordKey!]) { upsertCustomer(input: { reference: "never", paymentTypes: $p }) { __typename } }',
        variables: { p: JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`) as unknown },
      }),
    ],
  ])('are refused with 400: %s', async (_, body) => {
    expect((await ask(body())).status).toBe(400);
    await expectUnharmed();
  });

  it.each<[string, () => unknown]>([
    ['a query nested 20 000 deep', () => ({ query: `${'{ a '.repeat(20_000)}${'}'.repeat(20_000)}` })],
    [
      'a value nested 20 000 deep',
      () => ({ query: `{ customer(by: ${'['.repeat(20_000)}${']'.repeat(20_000)}) { id } }` }),
    ],
    ['fragments in a circle', () => ({ query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' })],
    ['10 000 unknown fields', () => ({ query: `{ ${Array.from({ length: 10_000 }, (_, n) => `x${n}`).join(' ')} }` })],
    [
      '2 000 aliases of a scalar',
      () => ({ query: `{ ${Array.from({ length: 2_000 }, (_, n) => `a${n}: __typename`).join(' ')} }` }),
    ],
    [
      '500 aliases of a customer',
      () => ({
        query: `{ ${Array.from({ length: 500 }, (_, n) => `a${n}: customer(by: { id: ${n} }) { id }`).join(' ')} }`,
      }),
    ],
    ['a megabyte of comment', () => ({ query: `#${'x'.repeat(1_000_000)}\n{ __typename }` })],
    [
      'a megabyte of text for a reference',
      () => ({
        query: 'query ($r: String) { customer(by: { reference: $r }) { id } }',
        variables: { r: 'x'.repeat(1_000_000) },
      }),
    ],
    [
      '50 000 payment types',
      () => ({
        query: customerMutation,
        variables: {
          input: { reference: 'never', name: 'x', paymentTypes: Array.from({ length: 50_000 }, () => ({ id: '7' })) },
        },
      }),
    ],
    [
      '50 000 unknown fields of an input',
      () => ({
        query: customerMutation,
        variables: { input: Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`x${n}`, n])) },
      }),
    ],
  ])('are answered soon, and no worse than 4xx: %s', async (_, body) => {
    const start = readCpuMillis();
    const answer = await ask(body());
    expect(answer.status).toBeLessThan(500);
    // What is refused is not sent back many times over.
    expect(answer.body.length).toBeLessThan(2_000_000);
    expect(readCpuMillis() - start).toBeLessThan(30_000);
    await expectUnharmed();
  });
});

describe('a query nested deep', () => {
  it.each([1_000, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000])('is no failure of the server’s: %i', async (depth) => {
    const nested = `${'{ parent '.repeat(depth)}{ id }${' }'.repeat(depth)}`;
    for (const query of [`{ customerCategory(by: { reference: "root" }) ${nested} }`, '{ a '.repeat(depth)]) {
      const answer = await post(graphqlLine, json, JSON.stringify({ query }));
      expect(answer.status).toBeLessThan(500);
      expect(answer.body.toString()).not.toMatch(/Unexpected error/);
    }
    await expectUnharmed();
  });
});

describe('GraphQL from another origin', () => {
  const mutation = 'mutation { upsertCustomer(input: { reference: "never", name: "x" }) { __typename } }';
  const body = new URLSearchParams({ query: mutation }).toString();
  const formBody = `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: mutation })}\r\n--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--x--`;

  it.each([
    ['application/x-www-form-urlencoded', body],
    ['multipart/form-data; boundary=x', formBody],
    ['Multipart/Form-Data; boundary=x', formBody],
    ['text/plain', JSON.stringify({ query: mutation })],
    ['text/plain; charset=application/json', JSON.stringify({ query: mutation })],
    ['', JSON.stringify({ query: mutation })],
  ])('cannot do anything without a preflight (%s)', async (contentType, content) => {
    const headers = { origin: 'http://evil.test', ...(contentType !== '' && { 'content-type': contentType }) };
    const answer = await post(graphqlLine, headers, content);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.filter(([name]) => name.startsWith('access-control-'))).toEqual([]);
    await expectUnharmed();
  });

  it('gets no leave from a preflight', async () => {
    const asked = {
      origin: 'http://evil.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    for (const path of ['/graphql', '/api/v1/customers/reference/never']) {
      const answer = await send(toRequest(`OPTIONS ${path}`, asked));
      expect(answer.headers.filter(([name]) => name.startsWith('access-control-'))).toEqual([]);
      expect(answer.status).toBeLessThan(500);
    }
  });

  it('cannot change anything by GET', async () => {
    for (const headers of [{}, { 'x-graphql-yoga-csrf': '1' }, json]) {
      const answer = await send(toRequest(`GET /graphql?query=${encodeURIComponent(mutation)}`, headers));
      expect([400, 403, 405]).toContain(answer.status);
    }
    await expectUnharmed();
  });
});

describe('requests that are no HTTP, or strange HTTP', () => {
  it.each(['DELETE', 'PATCH', 'PUT', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY'])(
    'are answered for the method %s',
    async (method) => {
      for (const path of ['/graphql', '/api/v1/customers/reference/never', '/', '/nowhere', '/api/v1/customers/1']) {
        const answer = await send(toRequest(`${method} ${path}`, {}));
        expect([path, answer.status < 500]).toEqual([path, true]);
      }
      const { status, headers, body } = await send(
        toRequest(`${method} /api/v1/customers/reference/never`, urlencoded, 'name=x'),
      );
      expect(status).toBe(405);
      expect(headers).toContainEqual(['allow', 'GET, HEAD, POST']);
      expect(JSON.parse(body.toString())).toMatchObject({ error: 'method_not_allowed' });
      await expectUnharmed();
    },
  );

  it.each([
    'BREW / HTTP/1.1\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b<>\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET http://evil.test/graphql?query={__typename} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET //evil.test/api/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET \\graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET /graphql?query=%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET /api/v1/customers/reference/%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nA\u0000: b\r\nConnection: close\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'POST /graphql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: something\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    '\r\n\r\n\r\n',
  ])('leave the process well: %j', async (text) => {
    const answer = await sendRaw(http.port, Buffer.from(text, 'latin1'), { then: 'end' });
    expect(answer?.body.toString() ?? '').not.toMatch(/node_modules/);
    if (answer) expect(answer.status).toBeLessThan(500);
    await expectUnharmed();
  });

  it('may come several on one connection', async () => {
    const one = toRequest('GET /api/v1/users/1', { connection: 'keep-alive' });
    const last = toRequest('GET /api/v1/users/2', {});
    const { status, body } = await send(Buffer.concat([one, one, last]));
    expect(status).toBe(200);
    expect(body.toString().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe('fragments of requests', () => {
  const fragment = fc.constantFrom(
    ...[
      'GET ',
      'POST ',
      'PUT ',
      'HEAD ',
      'OPTIONS ',
      '/graphql',
      '/api/v1/customers/reference/',
      '/api/v1.0/customerCategories/',
    ],
    ...[
      'reference/',
      'never',
      '%2F',
      '%00',
      '%zz',
      '..',
      '//',
      '?',
      '#',
      '&',
      ' HTTP/1.1\r\n',
      ' HTTP/1.0\r\n',
      '\r\n',
      '\r\n\r\n',
    ],
    ...[
      'Host: a\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 0\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\n',
    ],
    ...[
      'Content-Type: application/json\r\n',
      'Content-Type: multipart/form-data; boundary=x\r\n',
      'Content-Type: multipart/form-data\r\n',
    ],
    ...[
      'Content-Type: application/x-www-form-urlencoded\r\n',
      'Content-Type: ;;;\r\n',
      'Expect: 100-continue\r\n',
      'X-Organization: \u00e9\r\n',
    ],
    ...[
      'X-GraphQL-Yoga-CSRF: 1\r\n',
      '{"query":"{ __typename }"}',
      '{"query":',
      '--x\r\n',
      '--x--',
      'Content-Disposition: form-data; name="',
    ],
    ...[
      'operations"\r\n\r\n',
      'map"\r\n\r\n',
      '0"; filename="a.png"\r\n\r\n',
      '5\r\nname=\r\n0\r\n\r\n',
      'isActive=true',
      'GIF89a',
      '\u0000',
    ],
  );
  const well = fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE'),
      fc.constantFrom(
        '/graphql',
        '/api/v1/customers/reference/%00',
        '/api/v1/customers/1',
        '/api/v1/customerCategories/reference/never',
        '/a/photoCustomer/b.png',
      ),
      fc.array(fragment, { maxLength: 6 }),
      fc.array(fragment, { maxLength: 10 }),
    )
    .map(([method, path, headers, body]) => {
      const lines = headers.filter((text) => /^[\w-]+: .*\r\n$/.test(text)).join('');
      return `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n${body.join('')}`;
    });
  const any = fc
    .array(fc.oneof({ weight: 5, arbitrary: fragment }, fc.string({ maxLength: 8 })), { maxLength: 20 })
    .map((parts) => parts.join(''));

  it('are never answered 5xx, never hang and never end the process', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.oneof(well, any), { minLength: 10, maxLength: 10 }),
      async (texts) => {
        await Promise.all(
          texts.map(async (text) => {
            const answer = await sendRaw(http.port, Buffer.from(text, 'latin1'), { then: 'end' });
            if (answer) expect([text, answer.status < 500]).toEqual([text, true]);
          }),
        );
      },
    );
    await fc.assert(property, { numRuns: 100 });
    await expectUnharmed();
  });
});

describe('an answer over HTTP', () => {
  it('has a length, its reason phrase and each header once', async () => {
    const created = await post('POST /api/v1/customers/reference/wire', urlencoded, 'name=x');
    expect([created.status, created.reason]).toEqual([201, 'Created']);
    const updated = await post('POST /api/v1/customers/reference/wire', urlencoded, 'name=y');
    expect([updated.status, updated.reason]).toEqual([201, 'Created']);
    const answers: readonly (readonly [RawAnswer, string])[] = [
      [created, 'application/json'],
      [await send(toRequest('GET /api/v1/customers/reference/wire', {})), 'application/json'],
      [await send(toRequest('GET /api/v1/customers/reference/nobody', {})), 'application/json'],
      [await post('POST /api/v1/customers/reference/wire', urlencoded, ''), 'application/json'],
      [await post(graphqlLine, json, '{"query":"{ organization { name } }"}'), 'application/json'],
      [await post(graphqlLine, json, '{"query":"{"}'), 'application/json'],
    ];
    for (const [answer, type] of answers) {
      expect(headerValues(answer, 'content-length')).toEqual([String(answer.body.length)]);
      expect(headerValues(answer, 'content-type')[0]).toMatch(type);
      const names = answer.headers.map(([name]) => name).filter((name) => name !== 'set-cookie');
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it('to HEAD is that to GET without its body', async () => {
    const path = '/api/v1/users/1';
    const [get, head] = [await send(toRequest(`GET ${path}`, {})), await send(toRequest(`HEAD ${path}`, {}))];
    const lasting = ({ headers }: RawAnswer) => headers.filter(([name]) => name !== 'date' && name !== 'x-request-id');
    expect([head.status, lasting(head)]).toEqual([get.status, lasting(get)]);
    expect(head.body).toHaveLength(0);
  });

  it('greets a client that waits for 100 Continue', async () => {
    const headers = { ...urlencoded, expect: '100-continue' };
    const { status } = await post('POST /api/v1/customers/reference/wire', headers, 'name=z');
    expect(status).toBe(201);
  });
});
