import { type Plugin, shouldRenderGraphiQL } from 'graphql-yoga';
import { rawPath } from './raw-path.ts';

/**
 * Sends a browser from the bare address to GraphiQL, and says where the doors are at addresses there are none of. Without
 * GraphiQL it says so to browsers that look for it.
 */
export function useHome(endpoint: string, hasGraphiQL: boolean): Plugin {
  const doors = `${endpoint} and /api/v1.0`;
  return {
    onRequest(event) {
      const { request, fetchAPI } = event;
      const answer = (text: string, status: number) => event.endResponse(new fetchAPI.Response(text, { status }));
      const path = rawPath(request.url);
      if (path === endpoint) {
        if (hasGraphiQL || request.url.includes('?') || !shouldRenderGraphiQL(request)) return;
        const text = 'This is for GraphQL clients. GraphiQL is off here: GRAPHIQL=on turns it on.\n';
        answer(text, 404);
      } else if (path !== '/') {
        answer(`There is nothing here: see ${doors}.\n`, 404);
      } else if (hasGraphiQL) {
        event.endResponse(new fetchAPI.Response(null, { status: 302, headers: { location: endpoint } }));
      } else {
        answer(`This is a customer gateway. Its doors are ${doors}.\n`, 200);
      }
    },
  };
}
