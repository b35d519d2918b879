import type { DocumentNode, ExecutionResult, GraphQLError } from 'graphql';
import type { YogaServer } from 'graphql-yoga';
import { type ErrorCode, errorCatalogue } from '../contract/errors.ts';
import type { FormReading } from '../graphql/context.ts';
import { RestError, createServerError } from './errors.ts';

type Yoga = Pick<YogaServer<object, object>, 'getEnveloped'>;

/** What the operations of `documents.ts` answer. */
export type Answer = {
  readonly record?: never;
  readonly result?: {
    readonly outcome?: string;
    readonly warnings?: readonly { readonly code: string }[];
    readonly record?: never;
    readonly errors?: readonly { readonly code: string; readonly message: string }[];
  };
};

/** Executes operations for one request, through the same plugins as GraphQL's own requests. */
export type Execute = (
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  form?: FormReading,
) => Promise<Answer>;

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function readHeaders(error: GraphQLError): Record<string, string> {
  const http = error.extensions['http'];
  const headers = typeof http === 'object' && http !== null && 'headers' in http ? http.headers : undefined;
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
}

/** The contract's failure for a code of GraphQL's; one that the contract does not know is the server's (ruling 8). */
export function toRestError(code: unknown, message: string, headers: Record<string, string> = {}): RestError {
  const known = typeof code === 'string' ? code.toLowerCase() : '';
  return isErrorCode(known) ? new RestError(known, message, headers) : createServerError();
}

function fromGraphQLError(error: GraphQLError): RestError {
  return toRestError(error.extensions['code'], error.message, readHeaders(error));
}

function isGraphQLError(error: unknown): error is GraphQLError {
  return error instanceof Error && 'extensions' in error;
}

/**
 * Finds out who calls, then answers the way to execute operations on their behalf. Both throw a RestError for what
 * GraphQL's errors tell, and whatever else went wrong.
 */
export async function prepareExecution(yoga: Yoga, initialContext: object): Promise<Execute> {
  const { execute, schema, contextFactory } = yoga.getEnveloped(initialContext);
  try {
    const context = await contextFactory();
    return async (document, variables, form) => {
      const contextValue = { ...context, form };
      const result: ExecutionResult<Answer> = await execute({
        schema,
        document,
        variableValues: variables,
        contextValue,
      });
      const [error] = result.errors ?? [];
      if (error) throw fromGraphQLError(error);
      return result.data ?? {};
    };
  } catch (error) {
    throw isGraphQLError(error) ? fromGraphQLError(error) : error;
  }
}
