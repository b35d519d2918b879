import { BlockList, isIP } from 'node:net';
import path from 'node:path';

/** Where the process listens. */
export type HttpConfig = { readonly host: string; readonly port: number };

/** The database: embedded in this process, or a PostgreSQL server. `url` may hold a password. */
export type DatabaseConfig =
  { readonly kind: 'pglite'; readonly directory: string } | { readonly kind: 'postgres'; readonly url: string };

/** Where image files are kept. */
export type ImagesConfig = { readonly kind: 'disk'; readonly directory: string };

export type Config = {
  readonly http: HttpConfig;
  /** What every address in an answer begins with; no slash at its end. */
  readonly publicUrl: string;
  readonly dataDirectory: string;
  readonly database: DatabaseConfig;
  readonly images: ImagesConfig;
  /** A JSON file of operations by id; undefined where clients send theirs whole. */
  readonly persistedOperations: string | undefined;
};

/** The environment asks for something that cannot be. The message has a line for each variable that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

type Problems = string[];

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host === 'localhost' : loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** The text without passwords, and without the user before an `@`, whether or not it is a URL. */
export function hidePasswords(text: string): string {
  return text.replace(/(pass\w*\s*=\s*)[^&]*/gi, '$1***').replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@');
}

function complain(problems: Problems, variable: string, value: string, expected: string): void {
  problems.push(`${variable} is ${JSON.stringify(hidePasswords(value))}, but must be ${expected}.`);
}

function readPort(value: string | undefined, problems: Problems): number {
  if (!value) return 4000;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) complain(problems, 'PORT', value, 'a whole number from 1 to 65535');
  return port;
}

function readHost(value: string | undefined, problems: Problems): string {
  const host = (value ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  if (!isLoopback(host)) {
    const expected =
      'a loopback address (127.0.0.1, ::1 or localhost): callers are not authenticated yet, so the gateway only serves the machine it runs on';
    complain(problems, 'HOST', value ?? '', expected);
  }
  return host;
}

function parseUrl(value: string, protocols: readonly string[]): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url && protocols.includes(url.protocol) ? url : undefined;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readDatabase(value: string | undefined, dataDirectory: string, problems: Problems): DatabaseConfig {
  if (!value) return { kind: 'pglite', directory: path.join(dataDirectory, 'database') };
  const url = parseUrl(value, ['postgres:', 'postgresql:']);
  if (!url || !isPercentEncoded(url.username + url.password + url.pathname)) {
    const expected =
      'a URL such as postgres://user:password@host:5432/database, special characters in user and password percent-encoded';
    complain(problems, 'DATABASE_URL', value, expected);
  }
  return { kind: 'postgres', url: value };
}

function readPublicUrl(value: string | undefined, http: HttpConfig, problems: Problems): string {
  if (!value) return httpUrl(http);
  const url = parseUrl(value, ['http:', 'https:']);
  if (!url || /[?#]/.test(value) || url.username !== '' || url.password !== '') {
    const expected =
      'an http or https URL without query, fragment, user and password, such as https://example.com/gateway';
    complain(problems, 'PUBLIC_URL', value, expected);
    return value;
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/** The URL of a place to listen at, IPv6 addresses in brackets, without a slash at the end. */
export function httpUrl({ host, port }: HttpConfig): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/**
 * The settings of a process, read from PORT, HOST, DATA_DIR, DATABASE_URL, PUBLIC_URL and
 * PERSISTED_OPERATIONS; an empty variable counts as unset.
 * Throws a `ConfigError` that names every variable with a bad value, and never a password.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: Problems = [];
  const http = Object.freeze({
    host: readHost(env['HOST'], problems),
    port: readPort(env['PORT'], problems),
  });
  const dataDirectory = path.resolve(env['DATA_DIR'] || 'data');
  const config: Config = {
    http,
    publicUrl: readPublicUrl(env['PUBLIC_URL'], http, problems),
    dataDirectory,
    database: Object.freeze(readDatabase(env['DATABASE_URL'], dataDirectory, problems)),
    persistedOperations: env['PERSISTED_OPERATIONS'] ? path.resolve(env['PERSISTED_OPERATIONS']) : undefined,
    images: Object.freeze({ kind: 'disk', directory: path.join(dataDirectory, 'images') }),
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.freeze(config);
}
