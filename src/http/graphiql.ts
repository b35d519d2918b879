import type { GraphiQLOptions } from 'graphql-yoga';
import { createTabs } from './graphiql-tabs.ts';

/** What GraphiQL shows; its requests carry the header that the CSRF guard asks for. `publicUrl` is where it is reached. */
export function createGraphiQL(publicUrl: string): GraphiQLOptions {
  return {
    title: 'Customers',
    defaultTabs: createTabs(publicUrl).map((tab) => ({ ...tab })),
    defaultEditorToolsVisibility: 'variables',
    additionalHeaders: { 'x-graphql-yoga-csrf': '1' },
  };
}

/** The page, self-contained. It is several megabytes, so it is loaded once somebody wants it. */
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  return render(options);
}
