import type { RequestListener } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { Log } from '../telemetry/log.ts';
import type { Scrape } from '../telemetry/metrics.ts';
import type { Readiness } from '../telemetry/readiness.ts';
import { rawPath } from './raw-path.ts';
import { createSecurityHeaders } from './security-headers.ts';

type Page = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** The page at a path, for GET and HEAD; undefined where there is none of ours. */
export type OperatorPages = (method: string, path: string) => Promise<Page> | undefined;

function createPage(status: number, type: string, body: string): Page {
  return { status, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}

function createJsonPage(status: number, body: object): Page {
  return createPage(status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

const refusal: Page = {
  ...createPage(405, 'text/plain; charset=utf-8', 'This address answers GET, HEAD only.\n'),
  headers: { 'content-type': 'text/plain; charset=utf-8', allow: 'GET, HEAD' },
};

/**
 * What whoever runs the gateway looks at: `/livez` (the process answers), `/readyz` (it may be sent requests, else 503 and
 * what is missing), and `/metrics` where there is something to `scrape`. They ask for no credentials.
 */
export function createOperatorPages({
  readiness,
  scrape,
  log,
}: {
  readonly readiness: Readiness;
  readonly scrape?: (() => Promise<Scrape>) | undefined;
  readonly log: Log;
}): OperatorPages {
  const pages = new Map<string, () => Promise<Page>>([
    ['/livez', () => Promise.resolve(createJsonPage(200, { status: 'live' }))],
    [
      '/readyz',
      async () => {
        const { isReady, checks } = await readiness.report();
        return createJsonPage(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', checks });
      },
    ],
  ]);
  if (scrape)
    pages.set('/metrics', async () => {
      const { contentType, text } = await scrape();
      return createPage(200, contentType, text);
    });
  const fail = (error: unknown): Page => {
    log.error({ error }, 'a page for operators failed');
    return createPage(500, 'text/plain; charset=utf-8', 'This failed; the log says why.\n');
  };
  return (method, path) => {
    const page = pages.get(path);
    return page && (method === 'GET' || method === 'HEAD' ? page().catch(fail) : Promise.resolve(refusal));
  };
}

/** Answers the operators' addresses, before everything else. */
export function useOperatorPages(pages: OperatorPages): Plugin {
  return {
    onRequest(event) {
      const { request, fetchAPI } = event;
      const page = pages(request.method, rawPath(request.url));
      return page?.then(({ status, headers, body }) => {
        const isHead = request.method === 'HEAD';
        event.endResponse(new fetchAPI.Response(isHead ? null : body, { status, headers }));
      });
    },
  };
}

/** Node's listener for a port that has the operators' addresses alone. */
export function createOperatorListener(pages: OperatorPages): RequestListener {
  const missing = createPage(
    404,
    'text/plain; charset=utf-8',
    'There is nothing here but /livez, /readyz and /metrics.\n',
  );
  const protect = createSecurityHeaders(false);
  return (request, response) => {
    protect(response);
    const page = pages(request.method ?? '', rawPath(request.url ?? '/')) ?? Promise.resolve(missing);
    void page.then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  };
}
