import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import type { CorsOrigins } from '../src/http/cors.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { makePicture } from './support/pictures.ts';
import { type RawAnswer, type Listening, headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';

const app = 'https://app.example.com';
const local = 'http://localhost:5173';

type Site = AsyncDisposable & {
  readonly gateway: TestGateway;
  /** The path of a picture. */
  readonly picture: string;
  readonly ask: (line: string, headers?: Record<string, string>, body?: string) => Promise<RawAnswer>;
};

async function openSite(options: { corsOrigins?: CorsOrigins; publicUrl?: string } = {}): Promise<Site> {
  const gateway = await openTestGateway(options);
  const http: Listening = await listen(gateway);
  const logo = new File([Uint8Array.from(await makePicture())], 'logo.png');
  const { body } = await gateway.postCustomer('NC-3', { name: 'Marie', imageFile: logo });
  return {
    gateway,
    picture: new URL(String(body['logo'])).pathname,
    ask: async (line, headers = {}, text = '') => {
      const answer = await sendRaw(http.port, toRequest(line, headers, text));
      if (!answer) throw new Error(`No answer to ${line}.`);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      await http[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

const query = '{"query":"{ __typename }"}';
const json = { 'content-type': 'application/json' };

/** The headers of CORS in an answer, and what caches are told of it. */
function corsOf({ headers }: RawAnswer): Record<string, string> {
  return Object.fromEntries(headers.filter(([name]) => name.startsWith('access-control-') || name === 'vary'));
}

const asPreflight = (origin: string, method: string, wanted = 'content-type,x-api-key') => ({
  origin,
  'access-control-request-method': method,
  'access-control-request-headers': wanted,
});

describe('every answer', () => {
  let site: Site;

  beforeAll(async () => {
    site = await openSite();
  });

  afterAll(() => site[Symbol.asyncDispose]());

  const own = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  const picture = {
    ...own,
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'cross-origin',
  };

  function expectHeaders(answer: RawAnswer, expected: Record<string, string>): void {
    const sent = Object.keys(expected).map((name) => [name, headerValues(answer, name)]);
    expect(Object.fromEntries(sent)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, [value]])),
    );
    for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
      expect(headerValues(answer, name)).toEqual([]);
  }

  it.each([
    ['POST /graphql', 200, json, query],
    ['POST /graphql', 400, json, '{'],
    ['GET /api/v1/users/1', 200, {}, ''],
    ['PUT /api/v1/users/1', 405, {}, ''],
    ['GET /nothing', 404, {}, ''],
    ['GET /', 302, {}, ''],
    ['GET /graphql', 400, { host: 'a b' }, ''],
  ])('of %s, %i, tells browsers to run, frame, guess and pass on nothing', async (line, status, headers, body) => {
    const answer = await site.ask(line, headers, body);
    expect(answer.status).toBe(status);
    expectHeaders(answer, own);
  });

  it('with a picture lets pages show it, and itself do nothing', async () => {
    const answer = await site.ask(`GET ${site.picture}`);
    expect(answer.status).toBe(200);
    expectHeaders(answer, picture);
    const known = await site.ask(`GET ${site.picture}`, { 'if-none-match': headerValues(answer, 'etag')[0] ?? '' });
    expect(known.status).toBe(304);
    expectHeaders(known, picture);
  });

  it('with the page of GraphiQL lets it run its own script and nothing else', async () => {
    const answer = await site.ask('GET /graphql', { accept: 'text/html' });
    expect([answer.status, headerValues(answer, 'content-type')]).toEqual([200, ['text/html; charset=utf-8']]);
    const [policy = '', ...others] = headerValues(answer, 'content-security-policy');
    expect(others).toEqual([]);
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]{43}='; worker-src blob:; /);
    expect(policy).toContain("connect-src 'self'");
  });
});

describe('without CORS_ORIGINS', () => {
  it('no page of another origin is named, asked for or not', async () => {
    await using site = await openSite();
    for (const [line, headers, body] of [
      ['POST /graphql', { ...json, origin: app }, query],
      ['OPTIONS /graphql', asPreflight(app, 'POST'), ''],
      [`GET ${site.picture}`, { origin: app }, ''],
      ['GET /api/v1/users/1', { origin: app }, ''],
    ] as const)
      expect(corsOf(await site.ask(line, headers, body))).toEqual({});
  });
});

describe('with CORS_ORIGINS', () => {
  let site: Site;

  beforeAll(async () => {
    site = await openSite({ corsOrigins: [app, local] });
  });

  afterAll(() => site[Symbol.asyncDispose]());

  it.each([app, local])(
    'a page of %s may call GraphQL with any credential, and read what it is told',
    async (origin) => {
      const preflight = await site.ask('OPTIONS /graphql', asPreflight(origin, 'POST'));
      expect([preflight.status, preflight.body.length]).toEqual([204, 0]);
      const { 'access-control-allow-headers': allowed = '', ...cors } = corsOf(preflight);
      expect(allowed.split(', ')).toEqual(
        expect.arrayContaining(['authorization', 'x-api-key', 'content-type', 'x-organization', 'x-graphql-yoga-csrf']),
      );
      expect(cors).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': '7200',
        vary: 'Origin',
      });
      const answer = await site.ask('POST /graphql', { ...json, origin }, query);
      expect(answer.status).toBe(200);
      const exposed = corsOf(answer)['access-control-expose-headers']?.split(', ');
      expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'retry-after', 'ratelimit-remaining']));
      expect(corsOf(answer)).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    },
  );

  it('a page reads errors and pictures too', async () => {
    const failed = await site.ask('POST /graphql', { ...json, origin: app }, '{');
    expect([failed.status, corsOf(failed)['access-control-allow-origin']]).toEqual([400, app]);
    const picture = await site.ask(`GET ${site.picture}`, { origin: app });
    expect([picture.status, corsOf(picture)['access-control-allow-origin']]).toEqual([200, app]);
    const preflight = await site.ask(`OPTIONS ${site.picture}`, asPreflight(app, 'GET'));
    expect(corsOf(preflight)['access-control-allow-methods']).toBe('GET, HEAD');
  });

  it.each(['https://evil.example.com', 'null', `${app}.evil.example`, 'http://app.example.com', `${app}:8443`])(
    'a page of %s may not, and is never named',
    async (origin) => {
      for (const [line, headers, body] of [
        ['OPTIONS /graphql', asPreflight(origin, 'POST'), ''],
        ['POST /graphql', { ...json, origin }, query],
        [`GET ${site.picture}`, { origin }, ''],
      ] as const)
        expect(corsOf(await site.ask(line, headers, body))).toEqual({ vary: 'Origin' });
    },
  );

  it('caches are told that answers differ by origin, also where none was sent', async () => {
    expect(corsOf(await site.ask('POST /graphql', json, query))).toEqual({ vary: 'Origin' });
  });

  it('no page may use the form door, which is for servers', async () => {
    const preflight = await site.ask('OPTIONS /api/v1/customers/reference/x', asPreflight(app, 'POST'));
    expect([preflight.status, corsOf(preflight)]).toEqual([405, {}]);
    const site2 = { origin: app, 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await site.ask('POST /api/v1/customers/reference/x', site2, 'name=x');
    expect([answer.status, corsOf(answer)]).toEqual([403, {}]);
  });

  it('no cookie of a browser counts', async () => {
    const answer = await site.ask('POST /graphql', { ...json, origin: app }, query);
    expect(headerValues(answer, 'access-control-allow-credentials')).toEqual([]);
  });

  it('without AUTH only the pages that are named get through the guard against other sites', async () => {
    const from = (origin: string) =>
      site.ask('POST /graphql', { ...json, origin, 'sec-fetch-site': 'cross-site' }, query);
    expect((await from(app)).status).toBe(200);
    const refused = await from('https://evil.example.com');
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining(texts.otherSite)]);
  });

  it('forms and GET need the header against CSRF all the same', async () => {
    const answer = await site.ask('GET /graphql?query=%7B__typename%7D', { origin: app });
    expect([answer.status, answer.body.toString()]).not.toEqual([200, '{"data":{"__typename":"Query"}}']);
  });
});

describe('with CORS_ORIGINS=*', () => {
  it('any page may call, and is told so without its name', async () => {
    await using site = await openSite({ corsOrigins: 'any' });
    for (const origin of [app, 'null']) {
      const preflight = await site.ask('OPTIONS /graphql', asPreflight(origin, 'POST'));
      const answer = await site.ask('POST /graphql', { ...json, origin }, query);
      expect([preflight.status, answer.status]).toEqual([204, 200]);
      for (const each of [preflight, answer]) expect(corsOf(each)['access-control-allow-origin']).toBe('*');
    }
  });
});

describe('behind PUBLIC_URL', () => {
  let site: Site;

  beforeAll(async () => {
    site = await openSite({ publicUrl: 'https://gateway.test/base' });
  });

  afterAll(() => site[Symbol.asyncDispose]());

  it('answers ask for TLS in future where it is https', async () => {
    const answer = await site.ask('GET /api/v1/users/1');
    expect(headerValues(answer, 'strict-transport-security')).toEqual(['max-age=31536000']);
  });

  it.each([
    ['host', 'localhost:1234'],
    ['x-forwarded-host', 'evil.example.com'],
    ['forwarded', 'host=evil.example.com;proto=http'],
    ['x-forwarded-proto', 'http'],
    ['x-forwarded-prefix', '/evil'],
  ])('every address in an answer begins with it, whatever %s says', async (name, value) => {
    const headers = { host: 'gateway.test', [name]: value };
    const rest = await site.ask('GET /api/v1/customers/reference/NC-3', headers);
    const { logo } = JSON.parse(rest.body.toString()) as { logo: string };
    expect(logo).toMatch(/^https:\/\/gateway\.test\/base\/entity1-/);
    const body = '{"query":"{ customer(by: {reference: \\"NC-3\\"}) { logo { original } } }"}';
    const graph = await site.ask('POST /graphql', { ...json, ...headers }, body);
    expect(JSON.parse(graph.body.toString())).toEqual({ data: { customer: { logo: { original: logo } } } });
    const page = await site.ask('GET /graphql', { ...headers, accept: 'text/html' });
    const others = /evil\.example|localhost:1234|http:\/\/gateway\.test/;
    for (const text of [rest.body, graph.body, page.body].map(String)) expect(text).not.toMatch(others);
    expect(headerValues(await site.ask('GET /', headers), 'location')).toEqual(['/graphql']);
  });
});
