import type { Plugin } from 'graphql-yoga';
import { rawPath } from './raw-path.ts';

/** Sends a browser from the bare address to GraphiQL, and says where the doors are at addresses there are none of. */
export function useHome(endpoint: string): Plugin {
  return {
    onRequest(event) {
      const { request, fetchAPI } = event;
      const path = rawPath(request.url);
      if (path === endpoint) return;
      if (path === '/')
        event.endResponse(new fetchAPI.Response(null, { status: 302, headers: { location: endpoint } }));
      else
        event.endResponse(
          new fetchAPI.Response(`There is nothing here: see ${endpoint} and /api/v1.0.\n`, { status: 404 }),
        );
    },
  };
}
