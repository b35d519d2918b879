import { type ErrorCode, errorCatalogue, isErrorCode, texts } from '../contract/errors.ts';

/** A failure of the contract: its code, its text, and headers that go with it. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly code: ErrorCode;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** The page's fixed sentence and nothing else (ruling 8). */
export function createServerError(): RestError {
  return new RestError('server_error', texts.serverError);
}

/** The failure for a code of GraphQL's; one that the contract does not know is the server's (ruling 8). */
export function toRestError(code: unknown, message: string, headers: Record<string, string> = {}): RestError {
  const known = typeof code === 'string' ? code.toLowerCase() : '';
  return isErrorCode(known) ? new RestError(known, message, headers) : createServerError();
}

/** What a request is answered, its body still an object. */
export type RestAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
};

/** The failure as one flat object (ruling 5). */
export function renderError({ code, message, headers }: RestError): RestAnswer {
  return { status: errorCatalogue[code].status, headers, body: { error: code, error_description: message } };
}
