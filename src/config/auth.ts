import { isLoopback } from './loopback.ts';
import { type Problems, complain, complainOfMissing } from './problems.ts';
import { parseUrl } from './url.ts';

/** How tokens of an identity provider are checked and read. The claims are names of members of the token's payload. */
export type JwtConfig = {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly organizationClaim: string;
  readonly scopeClaim: string;
  /** Holds the reference of a user of the organization; undefined where tokens stand for no user. */
  readonly userClaim: string | undefined;
};

/** Who may call: anybody on this machine, or only who brings an API key or a token, whichever are accepted. */
export type AuthConfig =
  { readonly kind: 'off' } | { readonly kind: 'on'; readonly keys: boolean; readonly jwt: JwtConfig | undefined };

/** Signatures by a pair of keys, which are all that a published set of keys can be used for. */
const knownAlgorithms: ReadonlySet<string> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]);

const defaultAlgorithms = 'RS256,PS256,ES256,EdDSA';

const requiredByJwt = {
  JWT_JWKS_URL: 'the https address of the identity provider’s keys',
  JWT_ISSUER: 'the `iss` that its tokens have',
  JWT_AUDIENCE: 'the `aud` that tokens for this gateway have',
} as const;

const ownToJwt = [
  ...Object.keys(requiredByJwt),
  'JWT_ALGORITHMS',
  'JWT_ORGANIZATION_CLAIM',
  'JWT_SCOPE_CLAIM',
  'JWT_USER_CLAIM',
];

function splitList(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

function readJwksUrl(value: string, problems: Problems): string {
  const url = parseUrl(value, ['https:', 'http:']);
  const isSafe = url?.protocol === 'https:' || (url !== undefined && isLoopback(url.hostname));
  if (!isSafe || url.username !== '' || url.password !== '') {
    const expected = 'an https URL without user and password (http only on this machine itself)';
    complain(problems, 'JWT_JWKS_URL', value, expected);
  }
  return value;
}

function readAlgorithms(value: string, problems: Problems): readonly string[] {
  const algorithms = splitList(value);
  if (!algorithms.every((each) => knownAlgorithms.has(each))) {
    complain(
      problems,
      'JWT_ALGORITHMS',
      value,
      `a list such as ${defaultAlgorithms}, of ${[...knownAlgorithms].join(', ')}`,
    );
  }
  return Object.freeze(algorithms);
}

function readJwt(env: NodeJS.ProcessEnv, problems: Problems): JwtConfig {
  for (const [variable, meaning] of Object.entries(requiredByJwt)) {
    if (!env[variable]) complainOfMissing(problems, variable, `AUTH names jwt: it must be ${meaning}`);
  }
  const { JWT_JWKS_URL: jwksUrl = '', JWT_ISSUER: issuer = '', JWT_AUDIENCE: audience = '' } = env;
  return Object.freeze({
    jwksUrl: jwksUrl === '' ? '' : readJwksUrl(jwksUrl, problems),
    issuer,
    audience,
    algorithms: readAlgorithms(env['JWT_ALGORITHMS'] || defaultAlgorithms, problems),
    organizationClaim: env['JWT_ORGANIZATION_CLAIM'] || 'organization',
    scopeClaim: env['JWT_SCOPE_CLAIM'] || 'scope',
    userClaim: env['JWT_USER_CLAIM'] || undefined,
  });
}

/** Without authentication whoever reaches the gateway may do everything, so only its own machine may reach it. */
function readOff(env: NodeJS.ProcessEnv, host: string, problems: Problems): AuthConfig {
  if (!isLoopback(host)) {
    const missing =
      'keys (API keys, which customer-gateway keys create makes), jwt (tokens of an identity provider, with ' +
      'JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE), or keys,jwt';
    const reason = `HOST is ${JSON.stringify(host)}, which is not on this machine alone`;
    if (env['AUTH']) complain(problems, 'AUTH', env['AUTH'], `${missing}, since ${reason}`);
    else complainOfMissing(problems, 'AUTH', `${reason}: it must be ${missing}`);
  }
  return { kind: 'off' };
}

/** AUTH and the variables of JWT; `host` is where the process listens. Without AUTH everybody on this machine may call. */
export function readAuth(env: NodeJS.ProcessEnv, host: string, problems: Problems): AuthConfig {
  const kinds = new Set(splitList(env['AUTH'] || 'off'));
  const hasJwt = kinds.has('jwt');
  const isKnown = [...kinds].every((kind) => ['keys', 'jwt'].includes(kind)) || (kinds.size === 1 && kinds.has('off'));
  if (!isKnown) complain(problems, 'AUTH', env['AUTH'] ?? '', 'off, keys, jwt or keys,jwt');
  const stray = hasJwt ? [] : ownToJwt.filter((variable) => env[variable]);
  for (const variable of stray) problems.push(`${variable} is set, but AUTH does not name jwt.`);
  if (kinds.has('off')) return isKnown ? readOff(env, host, problems) : { kind: 'off' };
  return { kind: 'on', keys: kinds.has('keys'), jwt: hasJwt ? readJwt(env, problems) : undefined };
}
