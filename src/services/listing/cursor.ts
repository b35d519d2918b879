import { normalizeId } from '../../contract/ids.ts';
import { limits } from '../../contract/limits.ts';
import { ListRequestError } from './errors.ts';
import type { Position, SortKey } from './order.ts';
import { isStorable } from './text.ts';

/** What the cursor belongs to; one of another order would start anywhere. */
function sign(order: readonly SortKey[]): string {
  return order.map(({ field, direction }) => `${field} ${direction}`).join(',');
}

/** The position as an opaque text, base64url. */
export function encodeCursor(order: readonly SortKey[], position: Position): string {
  return Buffer.from(JSON.stringify([sign(order), ...position])).toString('base64url');
}

function parse(cursor: string): unknown {
  if (cursor.length > limits.graphql.cursorCharacters || !/^[\w-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function isMoment(text: string): boolean {
  const [, milliseconds] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z$/.exec(text) ?? [];
  const date = new Date(`${milliseconds ?? ''}Z`);
  // PostgreSQL has no year 0.
  return !Number.isNaN(date.getTime()) && date.getUTCFullYear() > 0 && date.toISOString() === `${milliseconds ?? ''}Z`;
}

function fits({ kind, isNullable }: SortKey, value: unknown): value is string | null {
  if (value === null) return isNullable === true;
  if (typeof value !== 'string') return false;
  if (kind === 'id') return normalizeId(value) === value;
  return kind === 'moment' ? isMoment(value) : isStorable(value);
}

/** The position that a cursor of this order stands for. Throws a `ListRequestError` for any other text. */
export function decodeCursor(order: readonly SortKey[], cursor: string, argument: string): Position {
  const decoded = parse(cursor);
  if (Array.isArray(decoded)) {
    const [signature, ...values] = decoded as unknown[];
    const position = order.flatMap((key, index) => (fits(key, values[index]) ? [values[index]] : []));
    if (signature === sign(order) && values.length === order.length && position.length === order.length) {
      return position;
    }
  }
  throw new ListRequestError(`\`${argument}\` is no cursor of a list in this order.`);
}
