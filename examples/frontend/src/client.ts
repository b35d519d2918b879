import { persistedExchange } from '@urql/exchange-persisted';
import { Client, cacheExchange, fetchExchange } from 'urql';

/** The hash under which the code generator has put a document into `persisted-documents.json`. */
function findHash(document: object): string | undefined {
  const meta: unknown = '__meta__' in document ? document.__meta__ : undefined;
  const hash: unknown = typeof meta === 'object' && meta && 'hash' in meta ? meta.hash : undefined;
  return typeof hash === 'string' ? hash : undefined;
}

/** Sends the hash of each operation instead of its text; the gateway has to know the file (PERSISTED_OPERATIONS). */
const byHash = persistedExchange({
  enforcePersistedQueries: true,
  enableForMutation: true,
  preferGetForPersistedQueries: false,
  generateHash: (_, document) => Promise.resolve(findHash(document)),
});

/**
 * The client of the gateway on the app's own origin. A variable that holds a `File` makes it send a multipart request; the
 * header tells the gateway that such a request comes from a script and not from a foreign page's form.
 */
export const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  fetchOptions: { headers: { 'x-graphql-yoga-csrf': '1' } },
  exchanges: [cacheExchange, ...(import.meta.env.MODE === 'persisted' ? [byHash] : []), fetchExchange],
});
