import type { GraphiQLOptions } from 'graphql-yoga';
import { createTabs } from './graphiql-tabs.ts';

/** What a tab begins with in its editor of headers, where calls need a credential; the browser does not keep it. */
const credentialHeaders = '{\n  "X-API-Key": ""\n}';

/** What GraphiQL shows; its requests carry the header that the CSRF guard asks for. `publicUrl` is where it is reached. */
export function createGraphiQL(publicUrl: string, isAuthenticated: boolean): GraphiQLOptions {
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
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  return render(options);
}
