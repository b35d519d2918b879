/** The fields both drivers (pg and PGlite) put on an error that came from the server. */
type ServerError = Error & { readonly code: string; readonly constraint?: unknown; readonly severity?: unknown };

const uniqueViolation = '23505';
const foreignKeyViolation = '23503';
const serializationFailure = '40001';
const deadlockDetected = '40P01';
const tooManyConnections = '53300';
const queryCanceled = '57014';
const lockNotAvailable = '55P03';

/** Codes that mean the session is over, and those Node gives a socket that failed. */
const connectionCodes = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  tooManyConnections,
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What the drivers say in the errors they make themselves, which have no code. */
const connectionMessages = [
  'Connection terminated', // pg
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Cannot use a pool after calling end',
  'PGlite is clos', // PGlite: closing, closed
  'PGLite not initialized', // kysely-pglite-dialect
];

function hasCode(error: unknown): error is ServerError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function findCode(error: unknown): string | undefined {
  return hasCode(error) ? error.code : undefined;
}

/** Whether a unique key refused the row; with `constraint`, whether that very key did. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    hasCode(error) && error.code === uniqueViolation && (constraint === undefined || error.constraint === constraint)
  );
}

/** Whether a row was named that does not exist, or one removed that is still named. */
export function isForeignKeyViolation(error: unknown): boolean {
  return findCode(error) === foreignKeyViolation;
}

/** Whether the same transaction may well succeed when it is run again from its start: a deadlock or a serialization failure. */
export function isRetryable(error: unknown): boolean {
  const code = findCode(error);
  return code === serializationFailure || code === deadlockDetected;
}

/** Whether a lock was not to be had in time: another transaction holds it, and nothing of this one is kept. */
export function isLockTimeout(error: unknown): boolean {
  return findCode(error) === lockNotAvailable;
}

/** Whether the server ended a statement for the time it took, waiting or working: nothing of its transaction is kept. */
export function isTimeout(error: unknown): boolean {
  return isLockTimeout(error) || findCode(error) === queryCanceled;
}

/** Whether the database could not be reached, was too slow to answer, or the connection was lost: the statement's fate is unknown. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!hasCode(error)) return connectionMessages.some((start) => error.message.startsWith(start));
  return error.code.startsWith('08') || connectionCodes.has(error.code) || error.severity === 'FATAL';
}

/** Whether the server is there, but has no connection left for us. */
export function isTooManyConnections(error: unknown): boolean {
  return findCode(error) === tooManyConnections;
}

/**
 * Whether a session that met this error must not serve another query: its connection is gone or out of step with the server,
 * or what it has prepared is no longer valid there (a migration changed a table under it, a proxy changed the server).
 */
export function spoilsSession(error: unknown): boolean {
  if (isConnectionError(error)) return true;
  const code = findCode(error);
  return code === '26000' || code === '42P05' || (code === '0A000' && isStalePlan(error));
}

function isStalePlan(error: unknown): boolean {
  return error instanceof Error && 'routine' in error && error.routine === 'RevalidateCachedQuery';
}
