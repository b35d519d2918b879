import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { YogaServer } from 'graphql-yoga';
import type { FormReading } from '../graphql/context.ts';
import { type RestError, toRestError } from './errors.ts';

/** The part of Yoga that executes. */
export type Yoga = Pick<YogaServer<object, object>, 'getEnveloped' | 'logger' | 'fetchAPI'>;

/** Executes a document for one request, through the same plugins as GraphQL's own requests; `Data` is what it selects. */
export type Execute = <Data>(document: DocumentNode, variables: object, form?: FormReading) => Promise<Data>;

/** What `getEnveloped` answers, where Yoga's own types say `any`. */
type Enveloped = {
  readonly schema: GraphQLSchema;
  readonly contextFactory: () => Promise<object> | object;
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
 * GraphQL's error, what an operation tells as a RestError, and whatever else went wrong as it is.
 */
export async function prepareExecution(yoga: Yoga, initialContext: object): Promise<Execute> {
  const enveloped: unknown = yoga.getEnveloped(initialContext);
  const { execute, schema, contextFactory } = enveloped as Enveloped;
  const context = await contextFactory();
  return async <Data>(document: DocumentNode, variables: object, form?: FormReading): Promise<Data> => {
    const { data, errors: [error] = [] } = await execute({
      schema,
      document,
      variableValues: { ...variables },
      contextValue: { ...context, form },
    });
    if (error) throw fromGraphQLError(error);
    return data as Data;
  };
}
