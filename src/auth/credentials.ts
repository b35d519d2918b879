import { texts } from '../contract/errors.ts';
import { AccessError } from './errors.ts';

/** Where a call comes in. Old clients of the REST door send what they authenticate with as the cookie of a session. */
export type Door = 'graphql' | 'rest';

const cookieName = 'JSESSIONID';

function readBearer(headers: Headers): string[] {
  const header = headers.get('authorization');
  if (header === null || header.trim() === '') return [];
  const token = /^bearer +([^\s,]+)$/i.exec(header.trim())?.[1];
  if (token === undefined) throw new AccessError('unauthorized', texts.unknownCredential);
  return [token];
}

function readApiKeyHeader(headers: Headers): string[] {
  const value = headers.get('x-api-key')?.trim() ?? '';
  return value === '' ? [] : [value];
}

/** A browser sends cookies whoever makes it do so, so what the page of another site causes does not count. */
function readCookies(headers: Headers): string[] {
  if (isFromOtherSite(headers)) return [];
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => /^\s*([^=\s]+)\s*=\s*"?(.*?)"?\s*$/.exec(pair));
  return pairs.flatMap((pair) => (pair?.[1] === cookieName && pair[2] ? [pair[2]] : []));
}

/** Whether a browser says that the page of another site caused the request. */
export function isFromOtherSite(headers: Headers): boolean {
  return headers.get('sec-fetch-site') === 'cross-site';
}

/**
 * The one credential that a request brings: as `Authorization: Bearer`, as `X-API-Key`, or, at the REST door, as the cookie
 * `JSESSIONID`. Throws an AccessError where there is none, where it is no such header, or where two differ.
 */
export function requireCredential(headers: Headers, door: Door): string {
  const sent = [...readBearer(headers), ...readApiKeyHeader(headers), ...(door === 'rest' ? readCookies(headers) : [])];
  const [credential, ...others] = new Set(sent);
  if (credential === undefined) throw new AccessError('unauthorized', texts.noCredential);
  if (others.length > 0) throw new AccessError('unauthorized', texts.severalCredentials);
  return credential;
}
