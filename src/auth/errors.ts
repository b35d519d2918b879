import type { ErrorCode } from '../contract/errors.ts';

/** A call is not let in; `code` and `message` are the catalogue's. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** What the answer carries beside it: a 401 says how to authenticate (RFC 9110, 11.6.1). */
  get headers(): Readonly<Record<string, string>> {
    return this.code === 'unauthorized' ? { 'www-authenticate': 'Bearer realm="customer-gateway"' } : {};
  }
}

/** A call comes too early, by so many seconds. */
export class RateLimitError extends AccessError {
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('too_many_requests', message);
    this.retryAfter = retryAfter;
  }

  override get headers(): Readonly<Record<string, string>> {
    return { 'retry-after': String(this.retryAfter) };
  }
}
