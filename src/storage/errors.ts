/** The store cannot be reached, refuses, or has no room: the fault is its, and the same call may succeed later. `cause` tells why. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(cause: unknown) {
    super(`The image store failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The store is not usable as it is configured. The message names the variable to change and says what to do. */
export class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError';
}
