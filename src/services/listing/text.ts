import { type RawBuilder, sql } from 'kysely';

/** Whether PostgreSQL can hold the text: no U+0000, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A LIKE pattern for a text in which `*` at either end stands for anything; everything else stands for itself. */
function toLikePattern(text: string): string {
  const start = text.startsWith('*') ? 1 : 0;
  const end = text.length > start && text.endsWith('*') ? text.length - 1 : text.length;
  const literal = text.slice(start, end).replace(/[\\%_]/g, '\\$&');
  return `${start > 0 ? '%' : ''}${literal}${end < text.length ? '%' : ''}`;
}

/**
 * Whether the column is the text, or fits its `*` at either end. What begins with a text is asked for in the one way that may
 * use an index beside row-level security: LIKE is not "leakproof".
 */
function fits(
  column: RawBuilder<unknown>,
  text: string,
  map: (value: string) => RawBuilder<unknown>,
): RawBuilder<boolean> {
  if (text.startsWith('*')) return sql`${column} like ${map(toLikePattern(text))}`;
  return text.endsWith('*') ? sql`${column} ^@ ${map(text.slice(0, -1))}` : sql`${column} = ${map(text)}`;
}

/** Whether a reference is the one given, or fits its `*`. Case matters; blanks around and composition do not (ruling 3). */
export function referenceMatches(text: string): RawBuilder<boolean> {
  if (!isStorable(text)) return sql`false`;
  return fits(sql`t.reference`, text.trim().normalize('NFC'), (value) => sql`${value}::text`);
}

/** Whether a name is the one given, or fits its `*`, whatever the case: `column` is the name in lower case. */
export function nameMatches(column: RawBuilder<unknown>, text: string): RawBuilder<boolean> {
  return isStorable(text) ? fits(column, text, (value) => sql`lower(${value}::text)`) : sql`false`;
}
