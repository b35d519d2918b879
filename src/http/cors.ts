import type { IncomingMessage } from 'node:http';
import { imagePath } from './images.ts';
import type { NodeExchange } from './node-exchange.ts';
import { rawPath } from './raw-path.ts';

/** The origins whose pages may call; `any` stands for all there are. */
export type CorsOrigins = readonly string[] | 'any';

/** What a page may send: how it authenticates, what the CSRF guard asks for, whom and what it asks. */
const allowedHeaders = [
  ...['authorization', 'x-api-key', 'x-organization', 'content-type', 'accept'],
  ...['x-graphql-yoga-csrf', 'apollo-require-preflight', 'graphql-require-preflight'],
  ...['x-request-id', 'traceparent', 'tracestate'],
].join(', ');

/** What a page may see of an answer beside what it always may. */
const exposedHeaders = [
  ...['x-request-id', 'retry-after', 'www-authenticate', 'etag'],
  ...['ratelimit', 'ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
].join(', ');

/** In seconds; no browser believes longer. */
const maxAge = '7200';

/** What an address takes from the pages of other origins; undefined where it is none of their business. */
function findMethods(path: string): string | undefined {
  if (path === '/graphql') return 'GET, POST';
  return imagePath.test(path) ? 'GET, HEAD' : undefined;
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && 'access-control-request-method' in headers;
}

/**
 * Lets the pages of these origins call GraphQL and read pictures (Fetch Standard, CORS protocol): what is made here sets the
 * headers of an answer, and tells whether it has answered, which it does a preflight of theirs. No other origin is ever
 * named, and no credentials of the browser's are let in: an API key or token goes in a header. The REST door's clients are
 * servers, so pages have no business there.
 */
export function createCors(origins: CorsOrigins): (exchange: NodeExchange) => boolean {
  if (origins.length === 0) return () => false;
  const listed = new Set(origins === 'any' ? [] : origins);
  const findAllowed = (origin: string): string | undefined => {
    if (origins === 'any') return '*';
    return listed.has(origin) ? origin : undefined;
  };
  return ({ incoming, response }) => {
    const methods = findMethods(rawPath(incoming.url ?? ''));
    if (methods === undefined) return false;
    // Caches must not give one origin what was said to another.
    if (origins !== 'any') response.setHeader('vary', 'Origin');
    const { origin } = incoming.headers;
    const allowed = origin === undefined ? undefined : findAllowed(origin);
    if (allowed === undefined) return false;
    response.setHeader('access-control-allow-origin', allowed);
    response.setHeader('access-control-expose-headers', exposedHeaders);
    if (!isPreflight(incoming)) return false;
    const headers = {
      'access-control-allow-methods': methods,
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': maxAge,
    };
    response.writeHead(204, headers).end();
    return true;
  };
}
