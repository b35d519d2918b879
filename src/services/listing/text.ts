import { type RawBuilder, sql } from 'kysely';

/** Whether PostgreSQL can hold the text: no U+0000, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A LIKE pattern for a text in which `*` at either end stands for anything; everything else stands for itself. */
export function toLikePattern(text: string): string {
  const start = text.startsWith('*') ? 1 : 0;
  const end = text.length > start && text.endsWith('*') ? text.length - 1 : text.length;
  const literal = text.slice(start, end).replace(/[\\%_]/g, '\\$&');
  return `${start > 0 ? '%' : ''}${literal}${end < text.length ? '%' : ''}`;
}

/** Whether a reference is the one given, or fits its `*`. Case matters; blanks around and composition do not (ruling 3). */
export function referenceMatches(text: string): RawBuilder<boolean> {
  if (!isStorable(text)) return sql`false`;
  const normalized = text.trim().normalize('NFC');
  return normalized.startsWith('*') || normalized.endsWith('*')
    ? sql`t.reference like ${toLikePattern(normalized)}::text`
    : sql`t.reference = ${normalized}::text`;
}

/** Whether a name is the one given, or fits its `*`, whatever the case. */
export function nameMatches(text: string): RawBuilder<boolean> {
  return isStorable(text) ? sql`lower(t.name) like lower(${toLikePattern(text)}::text)` : sql`false`;
}
