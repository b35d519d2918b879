import { texts } from '../contract/errors.ts';
import { isConnectionError, isTimeout } from '../db/errors.ts';

/** The gateway is at a limit for the moment; nothing was changed and the same call may succeed later. */
export class ServiceUnavailableError extends Error {
  override readonly name = 'ServiceUnavailableError';
}

/** The caller went away before its turn: nothing was done, and nobody waits for the answer. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
}

/** A cursor names a change that is no longer in the feed: who goes on from it could miss others. */
export class CursorExpiredError extends Error {
  override readonly name = 'CursorExpiredError';
}

/** What callers are told of a failed statement: that the database is away or too slow where it is, any other error as it is. */
export function tellDatabaseAway(error: unknown): unknown {
  if (isConnectionError(error)) return new ServiceUnavailableError(texts.databaseAway, { cause: error });
  return isTimeout(error) ? new ServiceUnavailableError(texts.databaseSlow, { cause: error }) : error;
}
