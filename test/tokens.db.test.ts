import { UnsecuredJWT, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallerDoors, callWith, createKey, neighbour, serveWith } from './support/callers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { type IdentityProvider, type TokenPayload, startIdentityProvider } from './support/identity-provider.ts';
import { createReferences, expectDone, expectFailure } from './support/rest.ts';
import { countStatements } from './support/statements.ts';

const who = '{ organization { name } }';
const freshReference = createReferences('token');

let clock: number;
let gateway: TestGateway;
let provider: IdentityProvider;

beforeAll(async () => {
  clock = Date.now();
  const now = () => new Date(clock);
  provider = await startIdentityProvider(now);
  gateway = await openTestGateway({ auth: provider.auth, now });
  await gateway.provision(neighbour);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

function bring(token: string, headers: Readonly<Record<string, string>> = {}): CallerDoors {
  return callWith(gateway, { authorization: `Bearer ${token}`, ...headers });
}

const bringClaims = async (claims: TokenPayload, headers?: Readonly<Record<string, string>>) =>
  bring(await provider.sign({ claims }), headers);

/** Holds both doors to answer with this failure, as each says it. */
async function expectRefused({ graphql, rest }: CallerDoors, status: number, code: string, sentence: string) {
  const errors = [{ message: sentence, extensions: { code: code.toUpperCase() } }];
  expect(await graphql(who)).toEqual({ status, errors });
  expectFailure(await rest('users/1'), status, code, sentence);
}

const expectInvalid = (doors: CallerDoors) => expectRefused(doors, 401, 'unauthorized', 'The token is not valid here.');

const seconds = () => Math.floor(clock / 1_000);

describe('callers with a token', () => {
  it('are let in at both doors, in the organization that it names and in the name of its user (ruling 30)', async () => {
    const { graphql, rest } = await bringClaims({ sub: 'emp-002' });
    expect(await graphql(who)).toEqual({ status: 200, data: { organization: { name: 'entity1' } } });
    const body = expectDone(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 'created');
    expect(body).toMatchObject({ organization: 'entity1', createdBy: { userId: 2 } });
  });

  it.each([['somebody'], ['emp-n'], ['nul\0'], ['1']])(
    'are nobody of the organization where %j is none of its users',
    async (sub) => {
      const { rest } = await bringClaims({ sub });
      const body = expectDone(await rest(`customers/reference/${freshReference()}`, { name: 'x' }), 'created');
      expect(body['createdBy']).toBeNull();
    },
  );

  it('may also bring it as the cookie or X-API-Key, and others an API key', async () => {
    const token = await provider.sign();
    expect((await callWith(gateway, { 'x-api-key': token }).graphql(who)).status).toBe(200);
    expect((await callWith(gateway, { cookie: `JSESSIONID=${token}` }).rest('users/1')).status).toBe(200);
    expect((await callWith(gateway, { 'x-api-key': await createKey(gateway) }).graphql(who)).status).toBe(200);
  });

  it('cost no statement a request', async () => {
    const counted = countStatements(gateway.database.db);
    const own = serveWith(gateway, provider.auth, counted.db);
    const { graphql } = callWith(own, {
      authorization: `Bearer ${await provider.sign({ claims: { sub: 'emp-001' } })}`,
    });
    expect((await graphql('{ __typename }')).status).toBe(200);
    const first = counted.statements;
    for (let count = 0; count < 5; count += 1) expect((await graphql('{ __typename }')).status).toBe(200);
    expect(counted.statements).toBe(first);
  });

  it('choose among several organizations by X-Organization', async () => {
    const claims = { organization: ['entity1', 'neighbour'] };
    for (const name of claims.organization) {
      const { graphql } = await bringClaims(claims, { 'x-organization': name });
      expect((await graphql(who)).data).toEqual({ organization: { name } });
    }
    await expectRefused(await bringClaims(claims), 400, 'missing_param', 'X-Organization parameter is missing');
    const elsewhere = await bringClaims(claims, { 'x-organization': 'nobody' });
    await expectRefused(elsewhere, 403, 'forbidden', 'The credential is not for this organization.');
  });

  it('are refused the organizations that it does not name, there or not', async () => {
    for (const name of ['neighbour', 'nobody', '']) {
      const other = await bringClaims({}, { 'x-organization': name });
      await expectRefused(other, 403, 'forbidden', 'The credential is not for this organization.');
    }
    const gone = await bringClaims({ organization: 'gone' });
    await expectRefused(gone, 404, 'not_found', "The organization with the id gone doesn't exist.");
  });

  it.each([[undefined], [[]], [7], [{ entity1: true }], [[7]]])(
    'are refused where its organization is %j',
    async (organization) => {
      await expectRefused(await bringClaims({ organization }), 403, 'forbidden', 'The token names no organization.');
    },
  );

  it.each([[undefined], [''], ['openid profile'], [['Read']], [7]])(
    'are allowed nothing where its scope is %j',
    async (scope) => {
      await expectRefused(await bringClaims({ scope }), 403, 'forbidden', 'The credential lacks the scope read.');
    },
  );

  it('are allowed what a list of scopes says as well', async () => {
    expect((await (await bringClaims({ scope: ['read'] })).graphql(who)).status).toBe(200);
  });
});

describe('a token is not valid', () => {
  it.each<[string, TokenPayload]>([
    ['of another issuer', { iss: 'https://other.test' }],
    ['for another audience', { aud: 'another' }],
    ['for no audience', { aud: undefined }],
    ['without an end', { exp: undefined }],
  ])('%s', async (_, claims) => {
    await expectInvalid(await bringClaims(claims));
  });

  it('before its time, but for a clock that is a little off', async () => {
    await expectInvalid(await bringClaims({ nbf: seconds() + 12 }));
    expect((await (await bringClaims({ nbf: seconds() + 8 })).graphql(who)).status).toBe(200);
  });

  it('after its time, likewise, and says so', async () => {
    expect((await (await bringClaims({ exp: seconds() - 8 })).graphql(who)).status).toBe(200);
    const expired = await bringClaims({ exp: seconds() - 12 });
    await expectRefused(expired, 401, 'unauthorized', 'The token has expired.');
  });

  it('without a signature', async () => {
    const { issuer, audience } = provider.jwt;
    const unsecured = new UnsecuredJWT({ organization: 'entity1', scope: 'admin' });
    await expectInvalid(bring(unsecured.setIssuer(issuer).setAudience(audience).setExpirationTime('1h').encode()));
  });

  it('signed with the public key as a secret', async () => {
    await expectInvalid(bring(await provider.sign({ header: { alg: 'HS256' }, key: provider.publicKeyText })));
  });

  it('signed in a way that is not accepted, or with another key of that name', async () => {
    const es384 = await generateKeyPair('ES384');
    await expectInvalid(bring(await provider.sign({ header: { alg: 'ES384' }, key: es384.privateKey })));
    const es256 = await generateKeyPair('ES256');
    await expectInvalid(bring(await provider.sign({ key: es256.privateKey })));
  });

  it('that was changed, cut or is none', async () => {
    const token = await provider.sign();
    const [head = '', , signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ organization: 'neighbour', scope: 'admin' })).toString('base64url');
    for (const each of [
      `${head}.${forged}.${signature}`,
      token.slice(0, -4),
      `${head}..${signature}`,
      '..',
      'x',
      'a.b.c',
    ]) {
      await expectInvalid(bring(each));
    }
  });

  it('of an unknown key, for which the keys are read once more, but not for every such token', async () => {
    const other = await generateKeyPair('ES256');
    const reads = provider.countReads();
    for (let count = 0; count < 5; count += 1) {
      await expectInvalid(bring(await provider.sign({ header: { kid: `kid-${count}` }, key: other.privateKey })));
    }
    expect(provider.countReads() - reads).toBeLessThanOrEqual(1);
  });

  it('where only API keys are accepted, and no API key where only tokens are', async () => {
    const token = await provider.sign();
    const key = await createKey(gateway);
    const { db } = gateway.database;
    const sentence = 'The credential is neither an API key nor a token that is accepted here.';
    const keys = serveWith(gateway, { kind: 'on', keys: true, jwt: undefined }, db);
    await expectRefused(callWith(keys, { 'x-api-key': token }), 401, 'unauthorized', sentence);
    const tokens = serveWith(gateway, { kind: 'on', keys: false, jwt: provider.jwt }, db);
    await expectRefused(callWith(tokens, { 'x-api-key': key }), 401, 'unauthorized', sentence);
    expect((await callWith(tokens, { 'x-api-key': token }).graphql(who)).status).toBe(200);
  });
});

describe('while the identity provider is away', () => {
  it('tokens are answered 503, not 401, until it is back', async () => {
    const headers = { authorization: `Bearer ${await provider.sign()}` };
    const doors = callWith(serveWith(gateway, provider.auth, gateway.database.db), headers);
    provider.fail(500);
    const sentence = 'The keys of the identity provider cannot be read.';
    await expectRefused(doors, 503, 'service_unavailable', sentence);
    provider.fail(undefined);
    expect((await doors.graphql(who)).status).toBe(200);
  });

  it('tokens are answered 503 also where nothing listens, and API keys go on', async () => {
    const away = await startIdentityProvider(() => new Date(clock));
    await away[Symbol.asyncDispose]();
    const own = serveWith(gateway, away.auth, gateway.database.db);
    const headers = { authorization: `Bearer ${await away.sign()}` };
    expect((await callWith(own, headers).graphql(who)).status).toBe(503);
    expect((await callWith(own, { 'x-api-key': await createKey(gateway) }).graphql(who)).status).toBe(200);
  });

  it('those whose keys are known go on', async () => {
    const { graphql } = await bringClaims({});
    expect((await graphql(who)).status).toBe(200);
    provider.fail(500);
    expect((await graphql(who)).status).toBe(200);
    provider.fail(undefined);
  });
});
