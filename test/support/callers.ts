import type { Scope } from '../../src/actor.ts';
import { composeServer } from '../../src/app.ts';
import { createApiKey, hashCredential, prefixOf } from '../../src/auth/api-key.ts';
import type { AuthConfig } from '../../src/config/auth.ts';
import type { Database } from '../../src/db/schema.ts';
import { keepApiKey } from '../../src/services/api-keys.ts';
import { listOrganizations } from '../../src/services/organizations.ts';
import {
  type GraphAnswer,
  type RestAnswer,
  type TestGateway,
  encodeForm,
  graphqlRequest,
  publicUrl,
  readResponse,
} from './gateway.ts';

/** Lets in whoever has an API key. */
export const keysOnly: AuthConfig = { kind: 'on', keys: true, jwt: undefined };

/** A neighbour of the example organization, which has its own of everything. */
export const neighbour = `
name: neighbour
currency: CHF
users: [{ id: 2, reference: emp-n, name: Nina }]
paymentTypes: [{ id: 70, reference: twint, name: Twint }]
rootCategory: { id: 1, reference: all, name: All, categories: [{ id: 20, reference: shops, name: Shops }] }
`;

type KeyOptions = {
  readonly organization?: string;
  readonly scopes?: readonly Scope[];
  readonly user?: string;
  readonly expiresAt?: Date;
};

/** Creates an API key, of the example organization unless told. */
export async function createKey(gateway: TestGateway, options: KeyOptions = {}): Promise<string> {
  const { organization = 'entity1', scopes = ['read', 'write'], user, expiresAt = null } = options;
  const { db, now } = gateway.deps;
  const found = (await listOrganizations(db)).find(({ name }) => name === organization);
  if (!found) throw new Error(`There is no organization ${organization}.`);
  const key = createApiKey();
  const entry = { name: 'test', prefix: prefixOf(key), hash: hashCredential(key), scopes, user, expiresAt };
  await keepApiKey(db, found, { ...entry, createdAt: now() });
  return key;
}

/** Both doors for one caller. */
export type CallerDoors = {
  readonly graphql: (query: string, variables?: Record<string, unknown>) => Promise<GraphAnswer>;
  readonly rest: (address: string, fields?: Readonly<Record<string, string | Blob>>) => Promise<RestAnswer>;
};

/** What answers requests to a gateway. */
type Fetch = Pick<TestGateway, 'fetch'>;

/** Both doors, called with these headers. */
export function callWith({ fetch }: Fetch, headers: Readonly<Record<string, string>>): CallerDoors {
  return {
    graphql: async (query, variables = {}) => {
      const { headers: own, ...request } = graphqlRequest(query, variables);
      const response = await fetch('/graphql', { ...request, headers: { ...(own as object), ...headers } });
      return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
    },
    rest: async (address, fields) => {
      const form = fields && { method: 'POST', body: encodeForm(fields) };
      return readResponse(await fetch(`/api/v1.0/${address}`, { headers, ...form }));
    },
  };
}

/** Both doors, called with this key. */
export function callWithKey(gateway: Fetch, key: string): CallerDoors {
  return callWith(gateway, { 'x-api-key': key });
}

/** Answers requests as a gateway with these settings would that has another database to work with. */
export function serveWith({ deps, open }: TestGateway, auth: AuthConfig, db: Database): Fetch {
  const door = open(composeServer({ ...deps, db, auth, publicUrl }));
  return { fetch: async (address, init) => (await door)(address, init) };
}
