/** The gateway is at a limit for the moment; nothing was changed and the same call may succeed later. */
export class ServiceUnavailableError extends Error {
  override readonly name = 'ServiceUnavailableError';
}

/** A cursor names a change that is no longer in the feed: who goes on from it could miss others. */
export class CursorExpiredError extends Error {
  override readonly name = 'CursorExpiredError';
}
