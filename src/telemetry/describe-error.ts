/** What a log says of an error. */
export type ErrorDescription = {
  readonly type: string;
  /** Left out where it may hold what a client sent. */
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
} & Readonly<Record<string, unknown>>;

/** Names of things in our own schema and code, and codes: never a value of a row. */
const tellingFields = ['code', 'severity', 'constraint', 'schema', 'table', 'column', 'dataType', 'routine', 'syscall'];

/**
 * The classes of SQLSTATEs that are about connections, transactions, resources and our own statements. The messages of all
 * others may quote values, and so may detail, hint and where of any.
 */
const silentOnValues = new Set(['08', '25', '26', '28', '40', '42', '53', '55', '57', '58']);

const longestMessage = 500;
const deepestCause = 3;

function findSqlState(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : undefined;
}

/** JSON.parse and BigInt quote what they could not read, without quotation marks. */
function mayQuote(error: Error): boolean {
  const sqlState = findSqlState(error);
  return sqlState === undefined ? error instanceof SyntaxError : !silentOnValues.has(sqlState.slice(0, 2));
}

/** What stands in quotation marks, or is told to have been received, may be a client's. */
function hideQuoted(message: string): string {
  const hidden = message
    .replace(/".*"|'.*'|`.*`|«.*»|“.*”|„.*[“”]/gs, '…')
    .replace(/\b[Rr]eceived .*/s, 'received …')
    .replaceAll('\n', ' ');
  return hidden.length > longestMessage ? `${hidden.slice(0, longestMessage)}…` : hidden;
}

/** The lines that say where; the message stands above them. */
function listFrames({ stack = '', message }: Error): string {
  const below = stack.replace(message, () => '');
  const frames = below.split('\n').filter((line) => /^\s+at .*(:\d+|\(native\)|<anonymous>)\)?$/.test(line));
  return frames.map((line) => line.trim()).join('\n');
}

function unwrap(error: unknown): unknown {
  return error instanceof Error && 'originalError' in error && error.originalError ? error.originalError : error;
}

/**
 * What may be told of an error: its kind, code, place, and its message unless that may quote values. Databases put whole
 * rows into their errors, and those into a log would be customers' data.
 */
export function describeError(thrown: unknown, depth = 0): ErrorDescription {
  const error = unwrap(thrown);
  if (!(error instanceof Error)) return { type: typeof error };
  const told = tellingFields.flatMap((field) => {
    const value: unknown = Reflect.get(error, field);
    return typeof value === 'string' || typeof value === 'number' ? [[field, value] as const] : [];
  });
  return {
    type: error.name,
    ...(!mayQuote(error) && { message: hideQuoted(error.message) }),
    ...Object.fromEntries(told),
    stack: listFrames(error),
    ...(error.cause instanceof Error && depth < deepestCause && { cause: describeError(error.cause, depth + 1) }),
  };
}
