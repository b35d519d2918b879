import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RestAnswer, type TestGateway, openTestGateway } from './support/gateway.ts';
import { createReferences, expectDone, expectInvalid, expectMissing, expectNotFound, pick } from './support/rest.ts';

const freshReference = createReferences('route');
const form = { 'content-type': 'application/x-www-form-urlencoded' };
let gateway: TestGateway;
let listener: Server;

beforeAll(async () => {
  gateway = await openTestGateway();
  listener = createServer(gateway.server.listener).listen(0, '127.0.0.1');
  await once(listener, 'listening');
});

afterAll(async () => {
  listener.closeAllConnections();
  listener.close();
  await gateway[Symbol.asyncDispose]();
});

type Sending = { readonly method?: string; readonly body?: string; readonly headers?: Record<string, string> };

/** Sends a request whose path goes over the wire as it is written here: `fetch` would normalise it. */
async function sendRaw(path: string, { method = 'POST', body = 'name=Any', headers = form }: Sending = {}) {
  const { port } = listener.address() as AddressInfo;
  const request = sendRequest({ port, host: '127.0.0.1', path, method, headers, agent: false });
  request.end(method === 'POST' ? body : undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const answered = await text(response);
  const entries = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const headersSent = new Headers(entries);
  const isJson = headersSent.get('content-type')?.startsWith('application/json') && answered !== '';
  const parsed = isJson ? (JSON.parse(answered) as Record<string, unknown>) : {};
  return { status: response.statusCode ?? 0, headers: headersSent, text: answered, body: parsed } satisfies RestAnswer;
}

const post = (path: string, body = 'name=Any', headers = form) => gateway.rest(path, { method: 'POST', body, headers });

describe('the version of a request', () => {
  it.each(['v1', 'v1.0', 'v2.1', 'v0', 'v10.25'])(
    'ruling 1: may be %s and is repeated in every href',
    async (version) => {
      const parent = `${version}-parent`;
      expectDone(await post(`/api/${version}/customers/reference/${parent}`), 'created');
      const body =
        `name=Any&categoryId=jewelry&customerSegmentationId=seg_a&userId=emp-002&paymentTypes=[7,8]&regionId=3` +
        `&isSubCustomer=true&parentCustomer=${parent}`;

      const answer = await post(`/api/${version}/customers/reference/${freshReference()}`, body);

      expectDone(answer, 'created');
      const hrefs = answer.text.match(/"href":"[^"]*"/g) ?? [];
      expect(hrefs).toHaveLength(7);
      for (const href of hrefs) expect(href.startsWith(`"href":"/api/${version}/`)).toBe(true);
    },
  );

  it.each(['1', 'v', 'V1', 'v1.', 'v1.0.0', 'v.1', 'v1a', 'vx', 'v1%2E0', 'v-1'])(
    'ruling 1: is none written %s',
    async (version) => {
      const answer = await sendRaw(`/api/${version}/customers/reference/x`);

      expect(answer).toMatchObject({ status: 404, body: { error: 'not_found' } });
      expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
    },
  );
});

describe('addresses there are none of', () => {
  it.each([
    '/api',
    '/api/',
    '/api/v1.0',
    '/api/v1.0/customer/reference/x',
    '/api/v1.0/Customers/reference/x',
    '/api/v1.0/customers',
    '/api/v1.0/customers/Reference/x',
    '/api/v1.0/customers/reference/x/y',
    '/api/v1.0/customers/reference/x/',
    '/api/v1.0//customers/reference/x',
    '/api/v1.0/__proto__/reference/x',
    '/api/v1.0/paymentTypes/reference/cash',
  ])('ruling 5: %s is 404 in the contract’s envelope', async (path) => {
    const answer = await sendRaw(path);

    expect(answer).toMatchObject({ status: 404, body: { error: 'not_found' } });
    expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
  });
});

describe('methods', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('ruling 7: %s of a reference is 405 with Allow', async (method) => {
    for (const collection of ['customers', 'customerCategories']) {
      const answer = await sendRaw(`/api/v1.0/${collection}/reference/x`, { method });

      expect(answer).toMatchObject({ status: 405, body: { error: 'method_not_allowed' } });
      expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'POST']);
    }
  });

  it.each(['POST', 'PUT', 'DELETE'])('ruling 7: %s of an id is 405 with Allow', async (method) => {
    for (const collection of ['customers', 'customerCategories', 'users', 'regions']) {
      const answer = await sendRaw(`/api/v1.0/${collection}/1`, { method });

      expect(answer).toMatchObject({ status: 405, body: { error: 'method_not_allowed' } });
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD']);
    }
  });

  it('ruling 7: HEAD answers as GET does, without a body', async () => {
    const answer = await sendRaw('/api/v1.0/customerCategories/1', { method: 'HEAD' });

    expect(answer).toMatchObject({ status: 200, text: '' });
  });
});

describe('bodies', () => {
  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded2', 'multipart/mixed; boundary=x', 'x'])(
    'ruling 7: of type %s are 415 in the contract’s envelope',
    async (type) => {
      const answer = await sendRaw('/api/v1.0/customers/reference/x', { headers: { 'content-type': type } });

      expect(answer).toMatchObject({ status: 415, body: { error: 'unsupported_media_type' } });
      expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
    },
  );

  it('ruling 7: that are not there are an empty form', async () => {
    expectMissing(await gateway.rest('/api/v1.0/customers/reference/x', { method: 'POST' }), 'name');
    expectMissing(await post('/api/v1.0/customerCategories/reference/x', ''), 'name');
    expectMissing(await sendRaw('/api/v1.0/customers/reference/x', { body: '', headers: {} }), 'name');
  });

  it('ruling 5: matter only after the reference', async () => {
    const json = { 'content-type': 'application/json' };

    expectMissing(await post('/api/v1.0/customers/reference/', '{}', json), 'reference');
    expectInvalid(await post('/api/v1.0/customers/reference/%zz', '{}', json), 'reference');
  });

  it('ruling 5: matter only after a reference that cannot be one, too', async () => {
    const badCharset = { 'content-type': 'application/x-www-form-urlencoded; charset=klingon' };

    for (const reference of ['a%00b', 'x'.repeat(256)]) {
      expectInvalid(await post(`/api/v1.0/customers/reference/${reference}`, 'name=Any', badCharset), 'reference');
    }
  });
});

describe('a reference in the path', () => {
  it.each([
    ['/reference', 'nothing'],
    ['/reference/', 'an empty segment'],
    ['/reference/%20', 'a blank'],
    ['/reference/%20%09%0A', 'blanks'],
    ['/reference/%C2%A0', 'a no-break space'],
    ['/reference?reference=x', 'a query'],
  ])('ruling 2: is missing in %s, %s', async (end) => {
    for (const collection of ['customers', 'customerCategories']) {
      expectMissing(await sendRaw(`/api/v1.0/${collection}${end}`, { body: 'name=Any&parentId=1' }), 'reference');
    }
  });

  it.each(['%', '%2', '%zz', 'a%', '%E9', '%C3', '%ED%A0%80', '%F5%80%80%80', '%C0%AF'])(
    'ruling 2: has a bad escape in %s',
    async (reference) => {
      for (const collection of ['customers', 'customerCategories']) {
        expectInvalid(await sendRaw(`/api/v1.0/${collection}/reference/${reference}`), 'reference');
      }
    },
  );

  it.each([
    ['AB.inc', 'AB.inc'],
    ['a%2Fb', 'a/b'],
    ['%2F', '/'],
    ['..%2F..%2Fetc', '../../etc'],
    ['.', '.'],
    ['..', '..'],
    ['...', '...'],
    ['%2E', '.'],
    ['%2e%2e', '..'],
    ['%2E%2E', '..'],
    ['.%2E', '..'],
    ['a%252Fb', 'a%2Fb'],
    ['100%25', '100%'],
    ['a+b', 'a+b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['a;b=c,d', 'a;b=c,d'],
    ['a%3Fb%23c', 'a?b#c'],
    ['a%5Cb', 'a\\b'],
    ['a\\b', 'a\\b'],
    ['%E2%82%AC', '€'],
    ['%F0%9F%8F%B7', '🏷'],
    ['reference', 'reference'],
    ['__proto__', '__proto__'],
    ['http:%2F%2Fx', 'http://x'],
    ["it's", "it's"],
    ['%3Cscript%3E', '<script>'],
    ['cafe%CC%81', 'caf\u00e9'],
    ['%20padded%20', 'padded'],
    ['x?name=ignored', 'x'],
  ])('ruling 2: %s is the data %s', async (segment, reference) => {
    const path = `/api/v1.0/customers/reference/${segment}`;

    const answer = await sendRaw(path);

    expect(answer).toMatchObject({ status: 201, body: { reference, name: 'Any' } });
    expect(await sendRaw(path, { method: 'GET' })).toMatchObject({ status: 200, body: answer.body });
    const category = await sendRaw(`/api/v1.0/customerCategories/reference/${segment}`, {
      body: 'name=Any&parentId=1',
    });
    expect(category).toMatchObject({ status: 201, body: { reference } });
  });
});

describe('hrefs', () => {
  it('ruling 43: resolve with GET', async () => {
    const parent = freshReference();
    expectDone(await gateway.postCustomer(parent, { name: 'Parent' }), 'created');
    const customer = expectDone(
      await gateway.postCustomer(freshReference(), {
        name: 'Any',
        categoryId: 'jewelry',
        customerSegmentationId: 'seg_a',
        userId: 'emp-002',
        paymentTypes: '[7,8]',
        regionId: '3',
        isSubCustomer: 'true',
        parentCustomer: parent,
      }),
      'created',
    );
    const category = expectDone(
      await gateway.postCategory(freshReference(), { name: 'Any', parentId: '101' }),
      'created',
    );
    const hrefs = JSON.stringify([customer, category]).match(/(?<="href":")[^"]*/g) ?? [];
    expect(hrefs).toHaveLength(8);

    for (const href of hrefs) {
      const answer = await gateway.rest(href);
      expect(answer.status).toBe(200);
      expect(answer.body['id']).toBe(Number(href.split('/').at(-1)));
    }
    const segmentation = await gateway.rest(String(pick(customer, 'customerSegmentation', 'href')));
    expect(segmentation.body).toMatchObject({ reference: 'seg_a', name: 'Segmentation A' });
  });

  it('ruling 43: lead to the body of the upsert, by id and by reference', async () => {
    for (const [collection, upsert] of [
      ['customers', gateway.postCustomer(freshReference(), { name: 'Any', billingCity: 'Nice' })],
      ['customerCategories', gateway.postCategory(freshReference(), { name: 'Any', parentId: 'root' })],
    ] as const) {
      const answer = await upsert;
      const { id, reference } = expectDone(answer, 'created');

      for (const place of [String(id), `00${String(id)}`, `reference/${String(reference)}`]) {
        const read = await gateway.rest(`/api/v1.0/${collection}/${place}`);
        expect({ status: read.status, text: read.text }).toEqual({ status: 200, text: answer.text });
      }
    }
  });

  it.each([
    ['customers', 'customer'],
    ['customerCategories', 'customer category'],
    ['users', 'user'],
    ['paymentTypes', 'payment type'],
    ['customerSegmentations', 'customer segmentation'],
    ['regions', 'region'],
  ])('ruling 6: that lead nowhere in %s are 404', async (collection, noun) => {
    for (const id of ['999999', '9223372036854775807', '0999999']) {
      expectNotFound(await gateway.rest(`/api/v1.0/${collection}/${id}`), noun, id);
    }
    for (const id of ['0', '-1', 'x', '1.0', '9223372036854775808', '1%20']) {
      expectInvalid(await gateway.rest(`/api/v1.0/${collection}/${id}`), 'id');
    }
  });

  it('rulings 3 and 6: read by reference as they are written by reference', async () => {
    const reference = `${freshReference()} é`;
    expectDone(await gateway.postCustomer(reference, { name: 'Any' }), 'created');

    const read = await gateway.rest(
      `/api/v1.0/customers/reference/${encodeURIComponent(` ${reference.normalize('NFD')} `)}`,
    );
    expect(read).toMatchObject({ status: 200, body: { reference } });
    expectNotFound(await gateway.rest('/api/v1.0/customers/reference/a%2Fnobody'), 'customer', 'a/nobody');
    expectNotFound(await gateway.rest('/api/v1.0/customerCategories/reference/2'), 'customer category', '2');
    expectMissing(await gateway.rest('/api/v1.0/customers/reference/%20'), 'reference');
  });
});

describe('a request for no host', () => {
  it.each(['a b', '[::', 'localhost:99999'])(
    'ruling 8: to %j is told nothing of the gateway’s inside',
    async (host) => {
      const answer = await sendRaw('/api/v1.0/users/1', { method: 'GET', headers: { host } });

      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toMatch(/node_modules|node:internal|TypeError/);
    },
  );
});
