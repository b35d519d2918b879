import type { Scope } from './actor.ts';
import { createApiKey, hashCredential, isLikeApiKey, prefixOf } from './auth/api-key.ts';
import { chooseOrganization } from './choose-organization.ts';
import { readConfig } from './config.ts';
import type { CliIo } from './program.ts';
import { type ApiKeyRecord, keepApiKey, listApiKeys, revokeApiKey } from './services/api-keys.ts';
import { listOrganizations } from './services/organizations.ts';
import { withDatabase } from './with-database.ts';

/** How `keys create` was called; `expires` is in days. */
export type KeyCreation = {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly organization?: string;
  readonly expires?: number;
  readonly user?: string;
};

/** How `keys list` was called. */
export type KeyListing = { readonly organization?: string; readonly json?: true };

const day = 86_400_000;

/** Creates a key and prints it, alone on standard output: it cannot be shown again. */
export async function createKey(call: KeyCreation, io: CliIo): Promise<void> {
  const { name, scope: scopes, expires, user } = call;
  const key = createApiKey();
  const prefix = prefixOf(key);
  const createdAt = new Date();
  const expiresAt = expires === undefined ? null : new Date(createdAt.getTime() + expires * day);
  const { id, organization } = await withDatabase(readConfig(io.env), async (db) => {
    const chosen = chooseOrganization(await listOrganizations(db), call.organization);
    const entry = { name, prefix, hash: hashCredential(key), scopes, user, createdAt, expiresAt };
    return { id: await keepApiKey(db, chosen, entry), organization: chosen.name };
  });
  const until = expiresAt ? `until ${expiresAt.toISOString()}` : 'until it is revoked';
  const whose = user === undefined ? '' : `, in the name of the user ${user}`;
  io.err(
    `API key ${id} (${prefix}…), "${name}", may ${scopes.join(' and ')} in ${organization}${whose}, ${until}.\n` +
      'This is the only time that it is shown. It is sent as X-API-Key or as Authorization: Bearer.\n',
  );
  io.out(`${key}\n`);
}

function describeState({ revokedAt, expiresAt }: ApiKeyRecord, now: Date): string {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= now ? 'expired' : 'valid';
}

const toMinute = (at: Date | null, none: string) => at?.toISOString().replace(/:\d\d\..*$/, 'Z') ?? none;

/** Lines of columns, each as wide as its widest cell. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function renderKeys(keys: readonly ApiKeyRecord[], now: Date): string {
  if (keys.length === 0) return 'There are no API keys: keys create makes one.\n';
  const head = ['id', 'prefix', 'organization', 'name', 'scopes', 'user', 'state', 'expires', 'last used'];
  const rows = keys.map((key) => [
    String(key.id),
    key.prefix,
    key.organization,
    key.name,
    key.scopes.join(','),
    key.user ?? '-',
    describeState(key, now),
    toMinute(key.expiresAt, 'never'),
    toMinute(key.lastUsedAt, 'never'),
  ]);
  return alignColumns([head, ...rows]);
}

/** Prints all keys there ever were, without the keys themselves. */
export async function listKeys(call: KeyListing, io: CliIo): Promise<void> {
  const keys = await withDatabase(readConfig(io.env), async (db) => {
    const isAll = call.organization === undefined;
    return listApiKeys(db, isAll ? undefined : chooseOrganization(await listOrganizations(db), call.organization));
  });
  const now = new Date();
  const shown = keys.map((key) => ({ ...key, state: describeState(key, now) }));
  io.out(call.json ? `${JSON.stringify(shown)}\n` : renderKeys(keys, now));
}

/** Revokes the key of a prefix or id; a whole key is taken for its prefix, and not repeated. */
export async function revokeKey(name: string, io: CliIo): Promise<void> {
  const named = isLikeApiKey(name) ? { prefix: prefixOf(name) } : { id: name };
  const key = await withDatabase(readConfig(io.env), (db) => revokeApiKey(db, named, new Date()));
  const what = `API key ${key.id} (${key.prefix}…), "${key.name}"`;
  io.out(key.revokedAt ? `${what} was revoked before.\n` : `Revoked ${what}. Within 5 seconds nothing accepts it.\n`);
}
