import type { ServerResponse } from 'node:http';
import type { CallLimit } from '../auth/call-limit.ts';
import type { Door } from '../auth/credentials.ts';
import type { Services } from '../services/services.ts';
import type { Identify } from './callers.ts';
import type { GraphContext } from './context.ts';
import { noteOrigin } from './error-origin.ts';
import { createAllLists } from './lists.ts';
import { createRelations } from './relations.ts';

type ContextDeps = {
  readonly services: Services;
  readonly identify: Identify;
  readonly calls: CallLimit | undefined;
  readonly publicUrl: string;
  /** Told of failures that are answered as no more than that. */
  readonly reportFailure: (failure: unknown) => void;
};

/** What a door gives to begin with: a request, the response that Node sends, and its name; without one it is GraphQL's own. */
export type InitialContext = { readonly request: Request; readonly res: ServerResponse; readonly door?: Door };

/** Makes the context of a request's operations. */
export type CreateContext = (initial: InitialContext) => Promise<GraphContext>;

/** The context of a request's operations. Throws what tells why the caller is not let in, before a body is read. */
export async function createContext(
  { services, identify, calls, publicUrl, reportFailure }: ContextDeps,
  { request, door = 'graphql', res }: InitialContext,
): Promise<GraphContext> {
  const actor = await identify(request, door).catch((error: unknown) => {
    noteOrigin(error, request);
    throw error;
  });
  const relations = createRelations(services, actor);
  const report = (failure: unknown) => {
    noteOrigin(failure, request);
    reportFailure(failure);
  };
  return {
    request,
    actor,
    services,
    relations,
    lists: createAllLists(services, actor, relations),
    publicUrl,
    // An AbortSignal for each request took a tenth of its time.
    hasLeft: () => res.destroyed,
    countItems: (items) => calls?.countItems(actor, items),
    report,
  };
}
