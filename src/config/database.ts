import path from 'node:path';
import { type Problems, complain } from './problems.ts';
import { parseUrl } from './url.ts';

/** The database: embedded in this process, or a PostgreSQL server. `url` may hold a password. */
export type DatabaseConfig =
  { readonly kind: 'pglite'; readonly directory: string } | { readonly kind: 'postgres'; readonly url: string };

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** DATABASE_URL, or the embedded database in the data directory. */
export function readDatabase(value: string | undefined, dataDirectory: string, problems: Problems): DatabaseConfig {
  if (!value) return { kind: 'pglite', directory: path.join(dataDirectory, 'database') };
  const url = parseUrl(value, ['postgres:', 'postgresql:']);
  if (!url || !isPercentEncoded(url.username + url.password + url.pathname)) {
    const expected =
      'a URL such as postgres://user:password@host:5432/database, special characters in user and password percent-encoded';
    complain(problems, 'DATABASE_URL', value, expected);
  }
  return { kind: 'postgres', url: value };
}
