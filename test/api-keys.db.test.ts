import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, prefixOf } from '../src/auth/api-key.ts';
import { listApiKeys, revokeApiKey } from '../src/services/api-keys.ts';
import {
  type CallerDoors,
  callWith,
  callWithKey,
  createKey,
  keysOnly,
  neighbour,
  serveWith,
} from './support/callers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { listen as listenLive, subscribe } from './support/live.ts';
import { makePicture } from './support/pictures.ts';
import { headerValues, listen, parseAnswer, sendRaw, toRequest } from './support/raw-http.ts';
import { createReferences, expectDone, expectFailure } from './support/rest.ts';
import { countStatements } from './support/statements.ts';
import { watch } from './support/watch.ts';
import { tries } from './support/tries.ts';

const who = '{ organization { name } }';
const ours = { status: 200, data: { organization: { name: 'entity1' } } };
/** An operation that asks the database for nothing. */
const empty = '{ __typename }';
const freshReference = createReferences('called');

let clock: number;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  clock = Date.now();
  gateway = await openTestGateway({ auth: keysOnly, now: () => new Date(clock) });
  await gateway.provision(neighbour);
  key = await createKey(gateway);
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** Waits until what is believed for some seconds is asked for again. */
function letSecondsPass(seconds = 6): void {
  clock += seconds * 1_000;
}

/** Holds both doors to refuse the caller with 401 and this sentence, as each says it. */
async function expectUnauthorized({ graphql, rest }: CallerDoors, sentence: string): Promise<void> {
  const errors = [{ message: sentence, extensions: { code: 'UNAUTHORIZED' } }];
  expect(await graphql(who)).toEqual({ status: 401, errors });
  expectFailure(await rest('users/1'), 401, 'unauthorized', sentence);
  expectFailure(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 401, 'unauthorized', sentence);
}

/** Holds both doors to let the caller in. */
async function expectLetIn({ graphql, rest }: CallerDoors): Promise<void> {
  expect(await graphql(who)).toEqual(ours);
  expectDone(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 'created');
}

describe('callers with an API key', () => {
  it.each([
    ['X-API-Key', (text: string) => ({ 'x-api-key': text })],
    ['Authorization: Bearer', (text: string) => ({ authorization: `Bearer ${text}` })],
    ['both, if they are the same', (text: string) => ({ 'x-api-key': text, authorization: `bearer ${text}` })],
  ])('are let in at both doors by %s', async (_, toHeaders) => {
    await expectLetIn(callWith(gateway, toHeaders(key)));
  });

  it('are let in at the REST door alone by the cookie JSESSIONID', async () => {
    const { graphql, rest } = callWith(gateway, { cookie: `theme=dark; JSESSIONID=${key}` });
    expectDone(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 'created');
    expect((await rest('users/1')).status).toBe(200);
    expect((await graphql(who)).status).toBe(401);
  });

  it('call in the name of the key’s user, who has created what they create (ruling 30)', async () => {
    const { graphql, rest } = callWithKey(gateway, await createKey(gateway, { user: 'emp-002' }));
    const body = expectDone(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 'created');
    expect(body).toMatchObject({ createdBy: { userId: 2, reference: 'emp-002' } });
    const mutation = `mutation ($reference: String!) { upsertCustomer(input: { reference: $reference, name: "x" }) {
      ... on UpsertCustomerSuccess { customer { createdBy { reference } } } } }`;
    expect((await graphql(mutation, { reference: freshReference() })).data).toEqual({
      upsertCustomer: { customer: { createdBy: { reference: 'emp-002' } } },
    });
    const nobody = await callWithKey(gateway, key).rest(`customers/reference/${freshReference()}`, { name: 'x' });
    expect(nobody.body['createdBy']).toBeNull();
  });

  it('cost no statement a request, nor do unknown keys', async () => {
    const counted = countStatements(gateway.database.db);
    const own = serveWith(gateway, keysOnly, counted.db);
    const doors = [callWithKey(own, key), callWithKey(own, createApiKey())];
    const ask = () => Promise.all([...doors, ...doors].map(async ({ graphql }) => (await graphql(empty)).status));
    expect(await ask()).toEqual([200, 401, 200, 401]);
    const first = counted.statements;
    // Each key was read, and the use of one noted.
    expect(first).toBeLessThanOrEqual(3);
    for (let count = 0; count < 10; count += 1) expect(await ask()).toEqual([200, 401, 200, 401]);
    expect(counted.statements).toBe(first);
  });

  it('are answered 503, not 401, while the database cannot be reached', async () => {
    const counted = countStatements(gateway.database.db);
    const { graphql, rest } = callWithKey(serveWith(gateway, keysOnly, counted.db), key);
    const sentence = 'The database cannot be reached.';
    counted.failure = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    expect(await graphql(empty)).toEqual({
      status: 503,
      errors: [{ message: sentence, extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expectFailure(await rest('users/1'), 503, 'service_unavailable', sentence);
    counted.failure = undefined;
    expect((await graphql(empty)).status).toBe(200);
  });

  it('are let in where their use cannot be noted', async () => {
    const failing = watch(gateway.database.db, {
      before: (_, statement) => {
        if (statement.includes('"kind":"UpdateQueryNode"')) throw new Error('This cannot be written.');
      },
    });
    expect(await callWithKey(serveWith(gateway, keysOnly, failing), key).graphql(who)).toEqual(ours);
  });
});

describe('callers without a valid API key', () => {
  it('are told that a credential is needed, and how it is sent', async () => {
    await expectUnauthorized(callWith(gateway, {}), 'This needs a credential: an API key or a token.');
    for (const address of ['/graphql', '/api/v1/users/1']) {
      const { status, headers } = await gateway.fetch(address, { headers: { 'x-graphql-yoga-csrf': '1' } });
      expect({ status, challenge: headers.get('www-authenticate') }).toEqual({
        status: 401,
        challenge: 'Bearer realm="customer-gateway"',
      });
    }
  });

  it('are told of a mistyped one without asking the database', async () => {
    const last = key.endsWith('0') ? '1' : '0';
    const sentence = 'The API key is mistyped: its checksum is wrong.';
    await expectUnauthorized(callWithKey(gateway, key.slice(0, -1) + last), sentence);
    await expectUnauthorized(callWithKey(gateway, `${key}0`), sentence);
  });

  it('are refused with one that nobody gave them', async () => {
    await expectUnauthorized(callWithKey(gateway, createApiKey()), 'The API key is unknown, revoked or expired.');
  });

  it('are refused with anything else, and with two different ones', async () => {
    const sentence = 'The credential is neither an API key nor a token that is accepted here.';
    await expectUnauthorized(callWith(gateway, { 'x-api-key': 'secret' }), sentence);
    await expectUnauthorized(callWith(gateway, { authorization: 'Basic dXNlcjpwYXNz' }), sentence);
    await expectUnauthorized(callWith(gateway, { authorization: 'Bearer a.b.c' }), sentence);
    await expectUnauthorized(
      callWith(gateway, { 'x-api-key': key, authorization: `Bearer ${createApiKey()}` }),
      'Several different credentials were sent.',
    );
  });

  it('are refused from the moment it expires, also while it is remembered', async () => {
    const soon = await createKey(gateway, { expiresAt: new Date(clock + 3_000) });
    await expectLetIn(callWithKey(gateway, soon));
    clock += 2_999;
    await expectLetIn(callWithKey(gateway, soon));
    clock += 1;
    await expectUnauthorized(callWithKey(gateway, soon), 'The API key is unknown, revoked or expired.');
  });

  it('are refused within five seconds after it was revoked, for good', async () => {
    const revoked = await createKey(gateway);
    await expectLetIn(callWithKey(gateway, revoked));
    const { db } = gateway.database;
    await revokeApiKey(db, { prefix: prefixOf(revoked) }, new Date(clock));
    clock += 5_000;
    await expectUnauthorized(callWithKey(gateway, revoked), 'The API key is unknown, revoked or expired.');
    const again = await revokeApiKey(db, { prefix: prefixOf(revoked) }, new Date(clock + 60_000));
    expect(again.revokedAt?.getTime()).toBe(clock - 5_000);
  });

  it('ruling 5: hear of that before anything that is wrong with the request', async () => {
    const { graphql, rest } = callWith(gateway, {});
    const sentence = 'This needs a credential: an API key or a token.';
    for (const address of ['customers/reference/', 'nowhere', 'customers/x', 'customers/reference/%']) {
      expectFailure(await rest(address, { isActive: 'x' }), 401, 'unauthorized', sentence);
    }
    for (const query of ['{', '{ nothing }', '{ __schema { types { name } } }', '{ __typename }', '']) {
      expect((await graphql(query)).status).toBe(401);
    }
  });

  it('see GraphiQL’s page, which holds no data, and the pictures', async () => {
    const page = await gateway.fetch('/graphql', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch('X-API-Key');
    const fields = { name: 'x', imageFile: new Blob([Uint8Array.from(await makePicture())]) };
    const { body } = await callWithKey(gateway, key).rest(`customers/reference/${freshReference()}`, fields);
    expect((await gateway.fetch(String(body['logo']))).status).toBe(200);
  });
});

describe('401', () => {
  const heads: readonly [string, string, Record<string, string>][] = [
    ['a form', 'POST /api/v1/customers/reference/a', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form with files', 'POST /api/v1/customers/reference/a', { 'content-type': 'multipart/form-data; boundary=b' }],
    ['an operation', 'POST /graphql', { 'content-type': 'application/json' }],
    ['an upload', 'POST /graphql', { 'content-type': 'multipart/form-data; boundary=b', 'x-graphql-yoga-csrf': '1' }],
    ['a subscription', 'POST /graphql', { 'content-type': 'application/json', accept: 'text/event-stream' }],
    ['something else', 'POST /graphql', { 'content-type': 'text/html' }],
  ];

  it.each(heads)('comes before anything of the body of %s is read', async (_, line, headers) => {
    await using listening = await listen(gateway);
    const socket = connect(listening.port, '127.0.0.1');
    socket.write(toRequest(line, { ...headers, connection: 'keep-alive', 'content-length': '20000000' }));
    const chunks: Buffer[] = [];
    while (!parseAnswer(Buffer.concat(chunks))) chunks.push(...((await once(socket, 'data')) as [Buffer]));
    socket.destroy();
    const answer = parseAnswer(Buffer.concat(chunks));
    expect(answer?.status).toBe(401);
    expect(answer && headerValues(answer, 'www-authenticate')).toEqual(['Bearer realm="customer-gateway"']);
  });

  it('is the answer to queries by GET, and to subscriptions', async () => {
    await using live = await listenLive(gateway.server);
    const get = await fetch(`${live.url}/graphql?query={__typename}`, { headers: { 'x-graphql-yoga-csrf': '1' } });
    expect(get.status).toBe(401);
    const events = await subscribe(live.url, 'subscription { customerChanged { reference } }');
    expect(events.status).toBe(401);
    events.close();
  });

  it('is the answer whatever the headers hold, if they hold no key', async () => {
    await using listening = await listen(gateway);
    const text = fc.oneof(
      fc.string({
        unit: fc
          .integer({ min: 0x20, max: 0xff })
          .filter((c) => c !== 0x7f)
          .map((c) => String.fromCharCode(c)),
      }),
      fc.constantFrom(
        'Bearer ',
        'bearer cgw_',
        'Bearer ..',
        'Bearer e30.e30.e30',
        'JSESSIONID=',
        '=;=',
        `${key}0`,
        'cgw_',
      ),
    );
    const headers = fc.record({ authorization: text, 'x-api-key': text, cookie: text }, { requiredKeys: [] });
    const line = fc.constantFrom('GET /api/v1/users/1', 'POST /graphql', 'POST /api/v1/customers/reference/a');
    await fc.assert(
      fc.asyncProperty(line, headers, async (start, sent) => {
        const answer = await sendRaw(listening.port, toRequest(start, sent));
        expect(answer?.status).toBe(401);
      }),
      tries(500),
    );
  });
});

describe('a key of one organization', () => {
  let theirs: CallerDoors;
  let mine: CallerDoors;
  let id: unknown;

  beforeAll(async () => {
    mine = callWithKey(gateway, key);
    theirs = callWithKey(gateway, await createKey(gateway, { organization: 'neighbour', scopes: ['admin'] }));
    const fields = { name: 'Ours', userId: 'emp-001', imageFile: new Blob([Uint8Array.from(await makePicture())]) };
    ({ id } = expectDone(await mine.rest('customers/reference/ours', fields), 'created'));
  });

  it('is for that alone: X-Organization may name it, and no other, there or not', async () => {
    const name = (organization: string) => callWith(gateway, { 'x-api-key': key, 'x-organization': organization });
    expect(await name('entity1').graphql(who)).toEqual(ours);
    for (const other of ['neighbour', 'nobody', '']) {
      const sentence = 'The credential is not for this organization.';
      expect(await name(other).graphql(who)).toEqual({
        status: 403,
        errors: [{ message: sentence, extensions: { code: 'FORBIDDEN' } }],
      });
      expectFailure(await name(other).rest('users/1'), 403, 'forbidden', sentence);
    }
  });

  it('reads nothing of another: no list, no change, no id, no reference', async () => {
    const query = `query ($id: ID!) {
      organization { name }
      customers { totalCount nodes { reference } }
      customerCategories { nodes { reference } }
      changes { nodes { reference } }
      users { reference } paymentTypes { reference } regions { id } customerSegmentations { id }
      customer(by: { reference: "ours" }) { name }
      byId: customer(by: { id: $id }) { name }
      jewelry: customerCategory(by: { reference: "jewelry" }) { name }
      user(by: { reference: "emp-001" }) { name }
      paymentType(by: { id: 7 }) { name }
      region(id: 3) { name }
    }`;
    const { data } = await theirs.graphql(query, { id: String(id) });
    const nodes = ['all', 'shops'].map((reference) => ({ reference }));
    expect(data).toEqual({
      organization: { name: 'neighbour' },
      customers: { totalCount: 0, nodes: [] },
      customerCategories: { nodes },
      changes: { nodes },
      users: [{ reference: 'emp-n' }],
      paymentTypes: [{ reference: 'twint' }],
      regions: [],
      customerSegmentations: [],
      customer: null,
      byId: null,
      jewelry: null,
      user: null,
      paymentType: null,
      region: null,
    });
    for (const address of [`customers/${String(id)}`, 'customers/reference/ours', 'paymentTypes/7', 'regions/3']) {
      expect((await theirs.rest(address)).status).toBe(404);
      expect((await mine.rest(address)).status).toBe(200);
    }
  });

  it('writes nothing of another: it creates its own record of the reference, and cannot name the other’s', async () => {
    const before = await mine.rest('customers/reference/ours');
    const parent = { isSubCustomer: 'true', parentCustomer: 'ours', name: 'x' };
    const refused = await theirs.rest('customers/reference/sub', parent);
    expectFailure(refused, 404, 'not_found', "The parent customer with the id ours doesn't exist.");
    for (const fields of [{ userId: 'emp-001' }, { paymentTypes: '[7]' }, { categoryId: 'jewelry' }]) {
      expect((await theirs.rest('customers/reference/x', { name: 'x', ...fields })).status).toBe(404);
    }
    const created = expectDone(await theirs.rest('customers/reference/ours', { name: 'Theirs' }), 'created');
    expect(created).toMatchObject({ organization: 'neighbour', logo: null, categoryReference: 'all' });
    expect((await mine.rest('customers/reference/ours')).text).toBe(before.text);
  });
});

describe('the last use of a key', () => {
  const lastUse = async (text: string) =>
    (await listApiKeys(gateway.database.db)).find(({ prefix }) => prefix === prefixOf(text))?.lastUsedAt?.getTime();

  it('is kept to the minute, beside the call', async () => {
    const used = await createKey(gateway);
    expect(await lastUse(used)).toBeUndefined();
    const first = clock;
    await callWithKey(gateway, used).graphql(who);
    await expect.poll(() => lastUse(used)).toBe(first);
    letSecondsPass(59);
    await callWithKey(gateway, used).graphql(who);
    await delay(20);
    expect(await lastUse(used)).toBe(first);
    letSecondsPass(1);
    await callWithKey(gateway, used).graphql(who);
    await expect.poll(() => lastUse(used)).toBe(first + 60_000);
  });

  it('is not that of a call that is refused', async () => {
    const unused = await createKey(gateway);
    await callWith(gateway, { 'x-api-key': unused, 'x-organization': 'neighbour' }).graphql(who);
    await delay(20);
    expect(await lastUse(unused)).toBeUndefined();
  });
});

describe('a subscription', () => {
  const changed = 'subscription ($own: [String!]) { customerChanged(filter: { references: $own }) { reference } }';

  it('needs a key with the scope read', async () => {
    await using live = await listenLive(gateway.server);
    const writer = await createKey(gateway, { scopes: ['write'] });
    const refused = await subscribe(live.url, changed, {}, { 'x-api-key': writer });
    expect(refused.status).toBe(403);
    refused.close();
  });

  it('ends once its key has, at the next event, which it does not tell', async () => {
    const brief = await createKey(gateway, { scopes: ['read'] });
    await using live = await listenLive(gateway.server);
    const [reference, other] = [freshReference(), freshReference()];
    // What earlier tests changed may come into the feed only now.
    const events = await subscribe(live.url, changed, { own: [reference, other] }, { 'x-api-key': brief });
    const create = (each: string) => callWithKey(gateway, key).rest(`customers/reference/${each}`, { name: 'x' });
    const first = events.next();
    await create(reference);
    expect(await first).toEqual({ data: { customerChanged: { reference } } });
    await revokeApiKey(gateway.database.db, { prefix: prefixOf(brief) }, new Date(clock));
    letSecondsPass();
    await create(other);
    expect(await events.next()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHORIZED' } }] });
    expect(await events.next()).toBe('complete');
    events.close();
  });
});
