import type { Plugin } from 'graphql-yoga';
import { rawPath } from './raw-path.ts';

/** Sends a browser from the bare address to GraphiQL, and says where the doors are at addresses there are none of. */
export function useHome(endpoint: string): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI: { Response } }) {
      const path = rawPath(request.url);
      if (path === endpoint) return;
      if (path === '/') endResponse(new Response(null, { status: 302, headers: { location: endpoint } }));
      else endResponse(new Response(`There is nothing here: see ${endpoint} and /api/v1.0.\n`, { status: 404 }));
    },
  };
}
