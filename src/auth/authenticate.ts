import { type Caller, scopes } from '../actor.ts';
import type { AuthConfig } from '../config/auth.ts';
import { isLoopback } from '../config/loopback.ts';
import type { TrustedProxies } from '../config/rate.ts';
import { texts } from '../contract/errors.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import type { ApiKeyDirectory, KnownApiKey } from '../services/api-key-directory.ts';
import type { OrganizationDirectory } from '../services/organizations.ts';
import type { UserDirectory } from '../services/user-directory.ts';
import { isApiKey, isLikeApiKey } from './api-key.ts';
import { limitAttempts } from './attempts.ts';
import { type Door, isFromOtherSite, requireCredential } from './credentials.ts';
import { AccessError } from './errors.ts';
import { createHostnameReader } from './hostname.ts';
import { chooseAllowedName, chooseOrganization, readOrganizationName } from './organization-choice.ts';
import { type TokenClaims, createTokenVerifier } from './token.ts';

/**
 * Finds out who makes a request, from its address and headers alone. Throws an AccessError for one that is not let in, and a
 * ServiceUnavailableError where that cannot be told for the moment.
 */
export type Authenticate = (request: Pick<Request, 'url' | 'headers'>, door: Door) => Promise<Caller>;

export type AuthenticationDeps = {
  readonly publicUrl: string;
  /** Whose pages may call GraphQL; `any` only where a call needs a credential. */
  readonly corsOrigins: readonly string[] | 'any';
  readonly organizations: OrganizationDirectory;
  readonly apiKeys: ApiKeyDirectory;
  readonly users: UserDirectory;
  /** Counts credentials that turn out bad, by where they come from. */
  readonly failures: RateLimiter;
  readonly trustedProxies: TrustedProxies;
  readonly now: () => Date;
};

/**
 * Lets everybody on this machine do everything, but not the sites that are open in their browsers: neither by a name that was
 * made to lead here (DNS rebinding) nor by a form. Those that the settings name may use GraphQL.
 */
function createOpenDoor({ publicUrl, corsOrigins, organizations }: AuthenticationDeps): Authenticate {
  const ownHost = new URL(publicUrl).hostname;
  const readHostname = createHostnameReader();
  const isNamed = (headers: Headers) => corsOrigins !== 'any' && corsOrigins.includes(headers.get('origin') ?? '');
  return async ({ url, headers }, door) => {
    const hostname = readHostname(url);
    const isForeign = isFromOtherSite(headers) && !(door === 'graphql' && isNamed(headers));
    if (isForeign || (hostname !== ownHost && !isLoopback(hostname))) {
      throw new AccessError('forbidden', texts.otherSite);
    }
    const organization = await chooseOrganization(organizations, readOrganizationName(headers));
    return { principal: 'machine', organization, userId: null, scopes };
  };
}

async function requireKey(hash: string, { apiKeys, now }: AuthenticationDeps): Promise<KnownApiKey> {
  const found = await apiKeys.find(hash);
  if (!found || (found.expiresAt && found.expiresAt <= now())) throw new AccessError('unauthorized', texts.invalidKey);
  return found;
}

function admitKey(found: KnownApiKey, headers: Headers, { apiKeys }: AuthenticationDeps): Caller {
  chooseAllowedName([found.organization.name], readOrganizationName(headers));
  apiKeys.noteUse(found);
  return found;
}

async function admitToken(
  claims: TokenClaims,
  headers: Headers,
  { organizations, users }: AuthenticationDeps,
): Promise<Caller> {
  const name = chooseAllowedName(claims.organizations, readOrganizationName(headers));
  const organization = await chooseOrganization(organizations, name);
  const { subject, userReference, scopes: allowed } = claims;
  const userId = userReference === undefined ? null : await users.findId(organization, userReference);
  return { principal: `token ${organization.id} ${subject}`, organization, userId, scopes: allowed };
}

/** The way to find out who calls that the settings ask for. */
export function createAuthentication(auth: AuthConfig, deps: AuthenticationDeps): Authenticate {
  if (auth.kind === 'off') return createOpenDoor(deps);
  const guard = limitAttempts(deps);
  const checkKey = guard((_, hash) => requireKey(hash, deps));
  const checkToken = auth.jwt && guard(createTokenVerifier(auth.jwt, deps.now));
  return async ({ headers }, door) => {
    const credential = requireCredential(headers, door);
    if (auth.keys && isLikeApiKey(credential)) {
      // This costs nothing, so that it need not count as an attempt.
      if (!isApiKey(credential)) throw new AccessError('unauthorized', texts.mistypedKey);
      return admitKey(await checkKey(credential, headers), headers, deps);
    }
    if (checkToken && !isLikeApiKey(credential))
      return admitToken(await checkToken(credential, headers), headers, deps);
    throw new AccessError('unauthorized', texts.unknownCredential);
  };
}
