import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { YogaServer } from 'graphql-yoga';
import type { FormReading, GraphContext } from '../graphql/context.ts';
import type { CreateContext, InitialContext } from '../graphql/create-context.ts';
import type { ShortWay } from '../graphql/short-way.ts';
import { type RestError, toRestError } from './errors.ts';

/** The part of Yoga that executes. */
export type Yoga = Pick<YogaServer<object, object>, 'getEnveloped' | 'logger' | 'fetchAPI'>;

/** What operations are executed by. */
export type ExecuteDeps = {
  readonly yoga: Yoga;
  readonly createContext: CreateContext;
  readonly shortWay: Pick<ShortWay, 'execute'>;
};

/** Executes a document for one request, under the same guards as GraphQL's own requests; `Data` is what it selects. */
export type Execute = <Data>(document: DocumentNode, variables: object, form?: FormReading) => Promise<Data>;

/** What `getEnveloped` answers, where Yoga's own types say `any`. */
type Enveloped = {
  readonly schema: GraphQLSchema;
  readonly contextFactory: () => Promise<GraphContext> | GraphContext;
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult;
};

/** The failure that a door's own GraphQLError tells. */
export function fromGraphQLError(error: GraphQLError): RestError {
  return toRestError(error.extensions['code'], error.message, error.extensions.http?.headers);
}

/** Whether it is one of GraphQL's, of whichever copy of it. */
export function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof Error && 'extensions' in error;
}

/**
 * Finds out who calls, then answers the way to execute operations on their behalf. What keeps the caller out is thrown as
 * GraphQL's error, what an operation tells as a RestError, and whatever else an execution throws as it is.
 */
export async function prepareExecution(
  { yoga, createContext, shortWay }: ExecuteDeps,
  initialContext: InitialContext,
): Promise<Execute> {
  const envelop = (): Enveloped => {
    const enveloped: unknown = yoga.getEnveloped({ ...initialContext });
    return enveloped as Enveloped;
  };
  const context = await createContext(initialContext).catch(() => envelop().contextFactory());
  return async <Data>(document: DocumentNode, variables: object, form?: FormReading): Promise<Data> => {
    const operation = { document, variableValues: { ...variables } };
    const contextValue = form ? { ...context, form } : context;
    const quick = await shortWay.execute(operation, contextValue);
    if (quick) return quick.data as Data;
    const { execute, schema } = envelop();
    const { data, errors: [error] = [] } = await execute({ schema, ...operation, contextValue });
    if (error) throw fromGraphQLError(error);
    return data as Data;
  };
}
