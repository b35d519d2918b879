import type { YogaInitialContext } from 'graphql-yoga';
import type { Caller } from '../actor.ts';
import type { UpsertError } from '../contract/errors.ts';
import type { Services } from '../services/services.ts';
import type { AllLists } from './lists.ts';
import type { Relations } from './relations.ts';

/** What the REST adapter says about a form beside its input: it is never set by a client. */
export type FormReading = {
  /** What was wrong with the form's parameters; those are left out of the input. */
  readonly problems: readonly UpsertError[];
  /** A relation's `reference` may be meant as an id too (ruling 26). */
  readonly referencesMayBeIds: boolean;
};

/** What every resolver gets. `publicUrl` has no slash at its end. */
export type GraphContext = Pick<YogaInitialContext, 'request'> & {
  readonly actor: Caller;
  readonly services: Services;
  readonly relations: Relations;
  readonly lists: AllLists;
  readonly publicUrl: string;
  readonly form?: FormReading;
  /** Whether the client has gone, whose upserts need not be begun any more. */
  readonly hasLeft: () => boolean;
  /** Counts the items of a bulk upsert, so that later calls have to wait for them where calls are limited. */
  readonly countItems: (items: number) => void;
  /** Told of what went wrong with one item of several, whose answer tells no more of it than that. */
  readonly report: (failure: unknown) => void;
};
