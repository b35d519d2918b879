import type { Plugin } from 'graphql-yoga';
import type { Actor } from '../actor.ts';
import type { Services } from '../services/services.ts';
import type { GraphContext } from './context.ts';
import { createAllLists } from './lists.ts';
import { createRelations, createSharedRelation } from './relations.ts';

/**
 * Lets all subscriptions of an organization read together, since one change wakes all of them at the same moment. Nothing is
 * remembered: a subscription lasts, and each event tells of the records as they are by then.
 */
export function useSharedReading(services: Services): Plugin<GraphContext> {
  const readers = new Map<number, Pick<GraphContext, 'relations' | 'lists'>>();
  const createReaders = (actor: Actor) => {
    const relations = createRelations(services, actor, createSharedRelation);
    return { relations, lists: createAllLists(services, actor) };
  };
  return {
    onSubscribe({ args, extendContext }) {
      const { actor } = args.contextValue;
      const shared = readers.get(actor.organization.id) ?? createReaders(actor);
      readers.set(actor.organization.id, shared);
      extendContext(shared);
    },
  };
}
