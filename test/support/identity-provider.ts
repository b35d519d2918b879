import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { AuthConfig, JwtConfig } from '../../src/config/auth.ts';

const issuer = 'https://id.test';
const audience = 'customer-gateway';

/** Claims of a token that replace the usual ones; undefined leaves one out. */
export type TokenPayload = Readonly<Record<string, unknown>>;

/** What a test's token has other than usual. */
type TokenOptions = {
  readonly claims?: TokenPayload;
  readonly header?: { readonly alg?: string; readonly kid?: string };
  readonly key?: CryptoKey | Uint8Array;
};

/** An identity provider that publishes its keys over HTTP. Times of tokens are seconds. */
export type IdentityProvider = AsyncDisposable & {
  readonly jwt: JwtConfig;
  readonly auth: AuthConfig;
  readonly privateKey: CryptoKey;
  /** The published key as a text, which a forger could take for a secret. */
  readonly publicKeyText: Uint8Array;
  /** How often the keys were asked for. */
  readonly countReads: () => number;
  /** Makes it answer with this status instead of the keys. */
  readonly fail: (status: number | undefined) => void;
  readonly sign: (options?: TokenOptions) => Promise<string>;
};

/** Starts an identity provider on a free port of the loopback interface. */
export async function startIdentityProvider(now: () => Date): Promise<IdentityProvider> {
  const alg = 'ES256';
  const kid = 'first';
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg, kid, use: 'sig' }] });
  let failure: number | undefined;
  let reads = 0;
  const server = createServer((_, response) => {
    reads += 1;
    response.writeHead(failure ?? 200, { 'content-type': 'application/json' }).end(keys);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwt: JwtConfig = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    issuer,
    audience,
    algorithms: ['RS256', 'ES256'],
    organizationClaim: 'organization',
    scopeClaim: 'scope',
    userClaim: 'sub',
  };
  return {
    jwt,
    auth: { kind: 'on', keys: true, jwt },
    privateKey,
    publicKeyText: new TextEncoder().encode(await exportSPKI(publicKey)),
    countReads: () => reads,
    fail: (status) => (failure = status),
    sign: ({ claims = {}, header = {}, key = privateKey } = {}) => {
      const at = Math.floor(now().getTime() / 1_000);
      const usual = { iss: issuer, aud: audience, exp: at + 60, organization: 'entity1', scope: 'openid read write' };
      return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg, kid, ...header }).sign(key);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
