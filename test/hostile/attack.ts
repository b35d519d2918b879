import { type RawAnswer, type RawOptions, headerValues } from '../support/raw-http.ts';

/** What callers bring to a gateway that asks for credentials. */
export type Credentials = Readonly<Record<CredentialName, string>>;

export const credentialNames = ['reader', 'writer', 'expired', 'revoked', 'foreign', 'token', 'expiredToken'] as const;

export type CredentialName = (typeof credentialNames)[number];

/** The bytes of a request; large ones, and those of callers, are made when they are sent. */
export type Bytes = Uint8Array | ((credentials: Credentials) => Uint8Array | Promise<Uint8Array>);

/** One hostile request and what it must be answered, as `describeAnswer` tells it. */
export type Attack = readonly [name: string, bytes: Bytes, expected: string];

/** Attacks of one kind. `at` is the gateway they are sent to: one that lets everybody in, or one that asks for credentials. */
export type AttackGroup = {
  readonly name: string;
  readonly attacks: readonly Attack[];
  readonly at?: 'open' | 'guarded';
  /** How the client leaves; by default it waits for the server to close. */
  readonly then?: RawOptions['then'];
};

type Told = { readonly code?: string | undefined; readonly text: string };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return isObject(first) ? first : undefined;
}

function readGraphqlError({ message, extensions }: Readonly<Record<string, unknown>>): Told {
  const code = isObject(extensions) ? extensions['code'] : undefined;
  return { code: typeof code === 'string' ? code : undefined, text: String(message) };
}

function readFailure(data: unknown): Told | undefined {
  const result = isObject(data) && isObject(data['result']) ? data['result'] : {};
  const error = firstOf(result['errors']);
  return error && { code: String(error['code']), text: String(error['message']) };
}

/** The body as text, out of its chunks. */
function readText(answer: RawAnswer): string {
  const text = answer.body.toString();
  if (headerValues(answer, 'transfer-encoding')[0] !== 'chunked') return text;
  const [size = ''] = text.split('\r\n', 1);
  const start = size.length + 2;
  const chunk = answer.body.subarray(start, start + Number.parseInt(size, 16));
  return chunk.toString();
}

/** What an answer says went wrong; undefined where it is no error of either door. */
export function readError(answer: RawAnswer): Told | undefined {
  const content = parseJson(readText(answer));
  if (!isObject(content)) return undefined;
  const { error, error_description: text, errors, data } = content;
  if (typeof error === 'string') return { code: error, text: String(text) };
  const graphqlError = firstOf(errors);
  return graphqlError ? readGraphqlError(graphqlError) : readFailure(data);
}

/** Whether a code is one of GraphQL itself, whose sentences are the library's. */
function hasOwnSentence(code: string): boolean {
  return /^(BAD_|GRAPHQL_|PERSISTED_|OPERATION_)/.test(code);
}

/**
 * An answer in one line: its status, and what went wrong by code and sentence, such as `400 missing_param: name parameter is
 * missing`. What GraphQL finds wrong is a code only. A body that is no error is told as it is.
 */
export function describeAnswer(answer: RawAnswer | undefined): string {
  if (!answer) return 'closed';
  const error = readError(answer);
  if (!error) return `${answer.status} ${readText(answer).trim()}`.trim();
  const { code = 'error', text } = error;
  return hasOwnSentence(code) ? `${answer.status} ${code}` : `${answer.status} ${code}: ${text}`;
}
