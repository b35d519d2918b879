/** The gateway is at a limit for the moment; nothing was changed and the same call may succeed later. */
export class ServiceUnavailableError extends Error {
  override readonly name = 'ServiceUnavailableError';
}
