import { InvalidArgumentError } from 'commander';
import { type Scope, isScope } from './actor.ts';

/** Days, as `90d` says them. A day at the least: whoever follows the feed may be away for a while. */
export function parseDays(text: string): number {
  const days = Number(/^(\d{1,5})d$/.exec(text)?.[1] ?? 0);
  if (days < 1) throw new InvalidArgumentError('It must be a number of days such as 90d.');
  return days;
}

/** Scopes, as `read,write` says them. */
export function parseScopes(text: string): Scope[] {
  const names = [...new Set(text.split(',').map((each) => each.trim()))];
  if (!names.every(isScope))
    throw new InvalidArgumentError('It must be a list such as read,write, of read, write, admin.');
  return names;
}

/** What people tell a key by: some text in one line. */
export function parseKeyName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 255 || /\p{Cc}/u.test(name)) {
    throw new InvalidArgumentError('It must be 1 to 255 characters in one line.');
  }
  return name;
}
