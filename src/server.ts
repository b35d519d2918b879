import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { type YogaServerInstance, createYoga } from 'graphql-yoga';
import { createContext } from './graphql/create-context.ts';
import { maskUnexpected } from './graphql/errors.ts';
import { schema } from './graphql/schema.ts';
import { useBodyLimit } from './http/body-limit.ts';
import { graphiql } from './http/graphiql.ts';
import { useHome } from './http/home.ts';
import { useImages } from './http/images.ts';
import { limits } from './http/limits.ts';
import { useUploads } from './http/uploads.ts';
import { useRestContract } from './rest/plugin.ts';
import type { Services } from './services/services.ts';
import type { BlobStore } from './storage/blob-store.ts';

type ServerDeps = { readonly services: Services; readonly blobs: BlobStore; readonly publicUrl: string };

/** Both doors and the images, as one ordered list of plugins. */
export function createServer({ services, blobs, publicUrl }: ServerDeps): YogaServerInstance<object, object> {
  return createYoga<object, object>({
    schema,
    graphqlEndpoint: '/graphql',
    context: (initialContext) => createContext({ services, publicUrl }, initialContext),
    maskedErrors: { maskError: maskUnexpected, isDev: false },
    cors: false,
    multipart: false,
    maxRequestBodySize: false,
    landingPage: false,
    renderGraphiQL,
    graphiql,
    plugins: [
      useImages(blobs),
      useRestContract(),
      useHome('/graphql'),
      useCSRFPrevention({
        requestHeaders: ['x-graphql-yoga-csrf', 'apollo-require-preflight', 'graphql-require-preflight'],
      }),
      useUploads(),
      useBodyLimit(limits.graphqlBodyBytes),
    ],
  });
}
