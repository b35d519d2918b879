import { GraphQLError } from 'graphql';
import { createGraphQLError, maskError } from 'graphql-yoga';
import { AccessError } from '../auth/errors.ts';
import { type ErrorCode, comeAgain, errorCatalogue, texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { findOrigin } from './error-origin.ts';
import { CallerGoneError, CursorExpiredError, ServiceUnavailableError, tellDatabaseAway } from '../services/errors.ts';

/** A failure that both doors tell the client as it is, with the catalogue's status. */
export function createClientError(
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): GraphQLError {
  const { status } = errorCatalogue[code];
  return createGraphQLError(message, { extensions: { code: code.toUpperCase(), http: { status, headers } } });
}

/** What a client sent as an argument cannot be used. */
export function createInputError(message: string): GraphQLError {
  return createGraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
}

/** A document is not even looked into. Yoga would answer a GraphQLError of the parser with 200 to who accepts plain JSON. */
export class DocumentRefusedError extends Error {
  override readonly name = 'DocumentRefusedError';
}

/** Longer messages are cut: GraphQL's own quote what was sent. */
const maxMessageLength = limits.graphql.messageCharacters;

/** What is behind an error that GraphQL has put a place to. Whatever was asked of it, a database that is away is the same limit. */
function findCause(error: unknown): unknown {
  const isWrapped = error instanceof Error && 'originalError' in error && error.originalError;
  return tellDatabaseAway(isWrapped ? error.originalError : error);
}

/** Whether an error is one that the gateway answers in the ordinary course of things, and need not be logged. */
export function isExpected(error: unknown): boolean {
  const cause = findCause(error);
  return [AccessError, ServiceUnavailableError, CallerGoneError, CursorExpiredError, DocumentRefusedError].some(
    (kind) => cause instanceof kind,
  );
}

function cutMessage(error: Error): Error {
  if (error.message.length > maxMessageLength) error.message = `${error.message.slice(0, maxMessageLength)}…`;
  return error;
}

/** Tells the client why it is not let in, of a limit that was reached or a cursor that has expired, and hides everything else that it cannot know of. */
export function maskUnexpected(error: unknown, message: string): Error {
  const cause = findCause(error);
  if (cause instanceof AccessError) return createClientError(cause.code, cause.message, cause.headers);
  if (cause instanceof DocumentRefusedError) return createInputError(cause.message);
  if (cause instanceof CursorExpiredError) return createClientError('cursor_expired', texts.cursorExpired);
  if (cause instanceof ServiceUnavailableError)
    return createClientError('service_unavailable', cause.message, comeAgain);
  const masked = cutMessage(maskError(error, message, false));
  return masked === error ? masked : nameRequest(masked, findOrigin(error));
}

/** What is hidden from the client is in the log, under this id. */
function nameRequest(masked: Error, requestId: string | undefined): Error {
  if (requestId !== undefined && masked instanceof GraphQLError) Object.assign(masked.extensions, { requestId });
  return masked;
}
