import { type Plugin, handleStreamOrSingleExecutionResult } from 'graphql-yoga';
import type { GraphContext } from './context.ts';

/** The header that carries a request's id, in and out; the listener sees to it that every request has one. */
export const requestIdHeader = 'x-request-id';

const origins = new WeakMap<object, string>();

/** Remembers in which request an error arose, for those who meet it later and without the request. */
export function noteOrigin(error: unknown, request: Request): void {
  const requestId = request.headers.get(requestIdHeader);
  if (requestId !== null && typeof error === 'object' && error !== null) origins.set(error, requestId);
}

/** The id of the request in which an error arose, where it is known. */
export function findOrigin(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? origins.get(error) : undefined;
}

type Finished = {
  readonly args: { readonly contextValue: Pick<GraphContext, 'request'> };
  readonly result: { readonly errors?: readonly unknown[] };
};

function noteErrors({ args, result }: Finished): void {
  for (const error of result.errors ?? []) noteOrigin(error, args.contextValue.request);
}

/** Notes the origin of every error of an operation, whichever door it came through. */
export function useErrorOrigins(): Plugin<GraphContext> {
  return {
    onExecute: () => ({ onExecuteDone: (payload) => handleStreamOrSingleExecutionResult(payload, noteErrors) }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: (payload) => handleStreamOrSingleExecutionResult(payload, noteErrors),
      onSubscribeError: ({ error }) => noteOrigin(error, args.contextValue.request),
    }),
  };
}
