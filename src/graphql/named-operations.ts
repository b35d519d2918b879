import { defaultExtractPersistedOperationId, usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import type { Plugin } from 'graphql-yoga';
import type { PersistedOperations } from './persisted-operations.ts';

/**
 * Lets requests name an operation instead of sending it: by `documentId` (GraphQL over HTTP), or by the `sha256Hash` of
 * the `persistedQuery` extension. Other operations may be sent whole as before.
 */
export function useNamedOperations(operations: PersistedOperations): Plugin {
  return usePersistedOperations({
    allowArbitraryOperations: true,
    getPersistedOperation: (id) => operations.get(id) ?? null,
    extractPersistedOperationId: (params, request, context) =>
      'documentId' in params && typeof params.documentId === 'string'
        ? params.documentId
        : defaultExtractPersistedOperationId(params, request, context),
  });
}
