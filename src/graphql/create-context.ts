import type { YogaInitialContext } from 'graphql-yoga';
import type { Actor } from '../actor.ts';
import { texts } from '../contract/errors.ts';
import type { Services } from '../services/services.ts';
import type { GraphContext } from './context.ts';
import { noteOrigin } from './error-origin.ts';
import { createClientError } from './errors.ts';
import { createAllLists } from './lists.ts';
import { createRelations } from './relations.ts';

/** The header that chooses among several organizations, until callers are authenticated. */
const organizationHeader = 'X-Organization';

/** Who calls. Throws a client's error where no organization can be told, before anything of the body is read. */
export async function identifyActor(services: Services, request: Request): Promise<Actor> {
  const name = request.headers.get(organizationHeader);
  const choice = await services.organizations.choose(name);
  switch (choice.kind) {
    case 'chosen':
      return { organization: choice.organization, userId: null };
    case 'unnamed':
      throw createClientError('missing_param', texts.missing(organizationHeader));
    case 'unknown':
      throw createClientError('not_found', texts.notFound('organization', name ?? ''));
    case 'none':
      throw createClientError('service_unavailable', texts.noOrganization);
  }
}

type ContextDeps = {
  readonly services: Services;
  readonly publicUrl: string;
  /** Told of failures that are answered as no more than that. */
  readonly reportFailure: (failure: unknown) => void;
};

/** What Yoga adds to every operation's context. */
export async function createContext(
  { services, publicUrl, reportFailure }: ContextDeps,
  { request }: YogaInitialContext,
): Promise<Omit<GraphContext, keyof YogaInitialContext>> {
  const actor = await identifyActor(services, request).catch((error: unknown) => {
    noteOrigin(error, request);
    throw error;
  });
  const relations = createRelations(services, actor);
  const report = (failure: unknown) => {
    noteOrigin(failure, request);
    reportFailure(failure);
  };
  return { actor, services, relations, lists: createAllLists(services, actor, relations), publicUrl, report };
}
