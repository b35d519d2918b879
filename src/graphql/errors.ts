import type { GraphQLError } from 'graphql';
import { createGraphQLError, maskError } from 'graphql-yoga';
import { type ErrorCode, errorCatalogue } from '../contract/errors.ts';
import { ServiceUnavailableError } from '../services/errors.ts';

/** A failure that both doors tell the client as it is, with the catalogue's status. */
export function createClientError(
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): GraphQLError {
  const { status } = errorCatalogue[code];
  return createGraphQLError(message, { extensions: { code: code.toUpperCase(), http: { status, headers } } });
}

/** Tells the client of a limit that was reached, and hides everything else that it cannot know of. */
export function maskUnexpected(error: unknown, message: string): Error {
  const cause = error instanceof Error && 'originalError' in error ? error.originalError : error;
  if (!(cause instanceof ServiceUnavailableError)) return maskError(error, message, false);
  return createClientError('service_unavailable', cause.message, { 'retry-after': '1' });
}
