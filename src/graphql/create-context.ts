import type { YogaInitialContext } from 'graphql-yoga';
import type { Door } from '../auth/credentials.ts';
import type { Services } from '../services/services.ts';
import type { Identify } from './callers.ts';
import type { GraphContext } from './context.ts';
import { createAllLists } from './lists.ts';
import { createRelations } from './relations.ts';

type ContextDeps = { readonly services: Services; readonly identify: Identify; readonly publicUrl: string };

/** What a door gives to begin with; without `door` it is GraphQL's own. */
type InitialContext = YogaInitialContext & { readonly door?: Door };

/** What Yoga adds to every operation's context. Throws what tells why the caller is not let in, before a body is read. */
export async function createContext(
  { services, identify, publicUrl }: ContextDeps,
  { request, door = 'graphql' }: InitialContext,
): Promise<Omit<GraphContext, keyof YogaInitialContext>> {
  const actor = await identify(request, door);
  const relations = createRelations(services, actor);
  return { actor, services, relations, lists: createAllLists(services, actor, relations), publicUrl };
}
