import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { type Scope, isScope } from '../actor.ts';
import type { JwtConfig } from '../config/auth.ts';
import { texts } from '../contract/errors.ts';
import { ServiceUnavailableError } from '../services/errors.ts';
import { AccessError } from './errors.ts';

/** What a token says of its bearer. */
export type TokenClaims = {
  /** Who it is of, where it says so; `sub` is no longer than this (OpenID Connect Core, 2). */
  readonly subject: string;
  readonly organizations: readonly string[];
  readonly scopes: readonly Scope[];
  /** The reference of a user, where tokens stand for users. */
  readonly userReference: string | undefined;
};

/** Checks a token and reads it. Throws an AccessError for one that is not valid here, a ServiceUnavailableError without keys to check it. */
export type VerifyToken = (token: string) => Promise<TokenClaims>;

const longestSubject = 255;

/** How far the clock of the identity provider may be off, in seconds. */
const clockTolerance = 10;

/** Milliseconds. Keys are fetched anew once they are old, or for a key that is not among them, but not more often than that. */
const keySet = { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: 600_000 } as const;

/** A list of words, as an array or as `scope` has them (RFC 8693, 4.2). */
function readWords(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string') : [];
}

/** Names may hold spaces, so a text is one name. */
function readNames(claim: unknown): string[] {
  return typeof claim === 'string' ? [claim] : readWords(claim);
}

function readClaims(payload: JWTPayload, { organizationClaim, scopeClaim, userClaim }: JwtConfig): TokenClaims {
  const user = userClaim === undefined ? undefined : payload[userClaim];
  return {
    subject: (payload.sub ?? '').slice(0, longestSubject),
    organizations: [...new Set(readNames(payload[organizationClaim]))],
    scopes: readWords(payload[scopeClaim]).filter(isScope),
    userReference: typeof user === 'string' ? user : undefined,
  };
}

async function createCheck(config: JwtConfig, now: () => Date): Promise<(token: string) => Promise<JWTPayload>> {
  const { createRemoteJWKSet, errors, jwtVerify } = await import('jose');
  const findKey = createRemoteJWKSet(new URL(config.jwksUrl), keySet);
  const requireKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await findKey(header, token);
    } catch (error) {
      const isTokens = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
      if (isTokens) throw error;
      throw new ServiceUnavailableError(texts.identityProviderAway, { cause: error });
    }
  };
  const { issuer, audience, algorithms } = config;
  return async (token) => {
    try {
      const options = { issuer, audience, algorithms: [...algorithms], clockTolerance, requiredClaims: ['exp'] };
      return (await jwtVerify(token, requireKey, { ...options, currentDate: now() })).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new AccessError('unauthorized', texts.tokenExpired);
      if (error instanceof errors.JOSEError) throw new AccessError('unauthorized', texts.invalidToken);
      throw error;
    }
  };
}

/** Checks signature, algorithm, issuer, audience and times of JSON Web Tokens by the keys that the identity provider publishes. */
export function createTokenVerifier(config: JwtConfig, now: () => Date): VerifyToken {
  // Loaded once it is needed: most gateways check no tokens.
  let check: ReturnType<typeof createCheck> | undefined;
  return async (token) => readClaims(await (await (check ??= createCheck(config, now)))(token), config);
}
