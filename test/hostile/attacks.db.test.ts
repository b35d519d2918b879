import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prefixOf } from '../../src/auth/api-key.ts';
import type { AuthConfig } from '../../src/config/auth.ts';
import { revokeApiKey } from '../../src/services/api-keys.ts';
import { createKey, neighbour } from '../support/callers.ts';
import { checksumTables } from '../support/checksum.ts';
import { type IsDocumented, readDocumentedErrors } from '../support/documented-errors.ts';
import { type TestGateway, openTestGateway } from '../support/gateway.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { type Listening, type RawAnswer, listen, sendRaw } from '../support/raw-http.ts';
import { addresses } from './addresses.ts';
import { type AttackGroup, type Credentials, describeAnswer, readError } from './attack.ts';
import { callers } from './callers.ts';
import { forms } from './forms.ts';
import { graphqlDocuments } from './graphql.ts';
import { jsonBodies } from './json.ts';
import { malformedHttp } from './malformed-http.ts';
import { pictures } from './pictures.ts';
import { uploads } from './uploads.ts';
import { values } from './values.ts';

const groups: readonly AttackGroup[] = [
  ...malformedHttp,
  ...addresses,
  ...jsonBodies,
  ...graphqlDocuments,
  ...uploads,
  ...forms,
  ...values,
  ...pictures,
  ...callers,
];

/** A gateway and where it listens. */
type Target = { readonly gateway: TestGateway; readonly http: Listening };

let provider: IdentityProvider;
let targets: Record<'open' | 'guarded', Target>;
let credentials: Credentials;
let isDocumented: IsDocumented;
let before: readonly unknown[];

/** What would have ended a process of its own. */
const uncaught: unknown[] = [];
const catchIt = (error: unknown) => uncaught.push(error);

async function readState(): Promise<readonly unknown[]> {
  const states = Object.values(targets).map(async ({ gateway }) => [
    await checksumTables(gateway.deps.db),
    await gateway.imageFiles(),
  ]);
  return Promise.all(states);
}

async function openTarget(auth?: AuthConfig): Promise<Target> {
  const gateway = await openTestGateway(auth ? { auth } : {});
  return { gateway, http: await listen(gateway) };
}

async function createCredentials({ gateway }: Target): Promise<Credentials> {
  await gateway.provision(neighbour);
  const revoked = await createKey(gateway);
  await revokeApiKey(gateway.deps.db, { prefix: prefixOf(revoked) }, new Date());
  return {
    reader: await createKey(gateway, { scopes: ['read'] }),
    writer: await createKey(gateway, { scopes: ['write'] }),
    expired: await createKey(gateway, { expiresAt: new Date(Date.now() - 1_000) }),
    revoked,
    foreign: await createKey(gateway, { organization: 'neighbour' }),
    // Good for as long as a slow machine may take.
    token: await provider.sign({ claims: { exp: Math.floor(Date.now() / 1_000) + 3_600 } }),
    expiredToken: await provider.sign({ claims: { exp: 1 } }),
  };
}

beforeAll(async () => {
  process.on('uncaughtException', catchIt).on('unhandledRejection', catchIt);
  isDocumented = await readDocumentedErrors();
  provider = await startIdentityProvider(() => new Date());
  targets = { open: await openTarget(), guarded: await openTarget(provider.auth) };
  credentials = await createCredentials(targets.guarded);
  before = await readState();
});

afterAll(async () => {
  process.off('uncaughtException', catchIt).off('unhandledRejection', catchIt);
  for (const { http, gateway } of Object.values(targets)) {
    await http[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  }
  await provider[Symbol.asyncDispose]();
});

/** Holds the sentence of an error to be one that the documentation has. */
function expectDocumented(answer: RawAnswer): void {
  const { code, text } = readError(answer) ?? { text: '' };
  if (code === undefined) return;
  expect([code, text, answer.status, isDocumented(code, text, answer.status)]).toEqual([
    code,
    text,
    answer.status,
    true,
  ]);
}

it('the attacks are more than 300', () => {
  const names = groups.flatMap(({ name, attacks }) => attacks.map(([attack]) => `${name} ${attack}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(300);
});

describe.each(groups)('$name', ({ attacks, at = 'open', then }) => {
  it.each(attacks)('%s', async (_, bytes, expected) => {
    const request = typeof bytes === 'function' ? await bytes(credentials) : bytes;
    const answer = await sendRaw(targets[at].http.port, request, then ? { then } : {});
    expect(describeAnswer(answer)).toBe(expected);
    if (answer) expectDocumented(answer);
  });

  it('changes nothing, leaves nothing behind and fails nowhere', async () => {
    await targets[at].http.becomeIdle();
    expect(uncaught.splice(0).map(String)).toEqual([]);
    expect(await readState()).toEqual(before);
  });
});
