import type { ServerResponse } from 'node:http';
import type { YogaInitialContext } from 'graphql-yoga';
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

/** What a door gives to begin with; without `door` it is GraphQL's own. `res` is there where the request came by Node's server. */
type InitialContext = YogaInitialContext & { readonly door?: Door; readonly res?: ServerResponse };

/** What Yoga adds to every operation's context. Throws what tells why the caller is not let in, before a body is read. */
export async function createContext(
  { services, identify, calls, publicUrl, reportFailure }: ContextDeps,
  { request, door = 'graphql', res }: InitialContext,
): Promise<Omit<GraphContext, keyof YogaInitialContext>> {
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
    actor,
    services,
    relations,
    lists: createAllLists(services, actor, relations),
    publicUrl,
    // A signal of its own would cost each request as much as its body.
    hasLeft: () => (res ? res.destroyed : request.signal.aborted),
    countItems: (items) => calls?.countItems(actor, items),
    report,
  };
}
