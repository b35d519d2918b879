import { createHash } from 'node:crypto';
import { type GraphiQLOptions, type Plugin, shouldRenderGraphiQL } from 'graphql-yoga';
import { createTabs } from './graphiql-tabs.ts';
import { rawPath } from './raw-path.ts';

/** What a tab begins with in its editor of headers, where calls need a credential; the browser does not keep it. */
const credentialHeaders = '{\n  "X-API-Key": ""\n}';

/** What GraphiQL shows; its requests carry the header that the CSRF guard asks for. `publicUrl` is where it is reached. */
function createOptions(publicUrl: string, isAuthenticated: boolean): GraphiQLOptions {
  const headers = isAuthenticated ? { headers: credentialHeaders } : {};
  return {
    title: 'Customers',
    defaultTabs: createTabs(publicUrl).map((tab) => ({ ...tab, ...headers })),
    defaultEditorToolsVisibility: isAuthenticated ? 'headers' : 'variables',
    ...(isAuthenticated && { defaultHeaders: credentialHeaders }),
    additionalHeaders: { 'x-graphql-yoga-csrf': '1' },
  };
}

/** The page, self-contained. It is several megabytes, so it is loaded once somebody wants it. */
async function renderPage(options: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  return render(options);
}

/**
 * What the page may do (Content Security Policy, level 3): run the one script that is in it, with the workers that it makes
 * of itself, and ask its own gateway. Its editor makes its styles as it goes.
 */
function createPolicy(page: string): string {
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(page) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'font-src data:',
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Shows GraphiQL to browsers at the endpoint. */
export function useGraphiQL(endpoint: string, publicUrl: string, isAuthenticated: boolean): Plugin {
  const options = createOptions(publicUrl, isAuthenticated);
  // Hashing megabytes takes a while, and the page is always the same.
  let policy: string | undefined;
  return {
    async onRequest(event) {
      const { request, fetchAPI } = event;
      if (rawPath(request.url) !== endpoint || !shouldRenderGraphiQL(request)) return;
      const page = await renderPage(options);
      policy ??= createPolicy(page);
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
      event.endResponse(new fetchAPI.Response(page, { headers }));
    },
  };
}
