import type { OrganizationIdentity, Scope } from '../actor.ts';
import { normalizeId } from '../contract/ids.ts';
import { inOrganization, outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import { listOrganizations } from './organizations.ts';
import { findUsers } from './reading.ts';

/** What is kept of an API key, and may be shown. Where it has no user, its calls are nobody's. */
export type ApiKeyRecord = {
  readonly id: number;
  readonly organization: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly user: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
};

export type NewApiKey = {
  readonly name: string;
  readonly prefix: string;
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** The reference of a user of the organization. */
  readonly user: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
};

/** What was asked of a key cannot be done; the message says why. */
export class ApiKeyError extends Error {
  override readonly name = 'ApiKeyError';
}

async function requireUserId(db: Database, organization: OrganizationIdentity, reference: string): Promise<number> {
  const [user] = await findUsers({ db }, { organization, userId: null }, [{ reference }]);
  if (user) return user.id;
  throw new ApiKeyError(`The organization ${organization.name} has no user ${JSON.stringify(reference)}.`);
}

/** Keeps a key, and answers its id. Throws an ApiKeyError where its user is none of the organization's. */
export async function keepApiKey(
  db: Database,
  organization: OrganizationIdentity,
  { name, prefix, hash, scopes, user, createdAt, expiresAt }: NewApiKey,
): Promise<number> {
  const row = await inOrganization(db, organization.id)
    .insertInto('api_keys')
    .values({
      organization_id: organization.id,
      name,
      prefix,
      hash,
      scopes: [...scopes],
      user_id: user === undefined ? null : await requireUserId(db, organization, user),
      created_at: createdAt,
      expires_at: expiresAt,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

function listKeysOf(db: Database, { id }: OrganizationIdentity): Promise<ApiKeyRecord[]> {
  return inOrganization(db, id)
    .selectFrom('api_keys as k')
    .innerJoin('organizations as o', 'o.id', 'k.organization_id')
    .leftJoin('users as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select([
      'k.id',
      'o.name as organization',
      'k.name',
      'k.prefix',
      'k.scopes',
      'u.reference as user',
      'k.created_at as createdAt',
      'k.expires_at as expiresAt',
      'k.revoked_at as revokedAt',
      'k.last_used_at as lastUsedAt',
    ])
    .where('k.organization_id', '=', id)
    .execute();
}

/** Every key of one organization or of all, the oldest first. */
export async function listApiKeys(db: Database, organization?: OrganizationIdentity): Promise<readonly ApiKeyRecord[]> {
  const organizations = organization ? [organization] : await listOrganizations(db);
  const keys = await Promise.all(organizations.map((each) => listKeysOf(db, each)));
  return keys.flat().sort((one, other) => one.id - other.id);
}

/** Whether any key would be let in now. */
export async function hasApiKeys(db: Database, now: Date): Promise<boolean> {
  const key = await outsideOrganizations(db)
    .selectFrom('api_keys')
    .select('id')
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .limit(1)
    .executeTakeFirst();
  return key !== undefined;
}

/** Names keys by what is shown of them. */
export type ApiKeyName = { readonly id: string } | { readonly prefix: string };

async function findApiKeys(db: Database, name: ApiKeyName): Promise<readonly ApiKeyRecord[]> {
  const keys = await listApiKeys(db);
  if ('prefix' in name) return keys.filter(({ prefix }) => prefix === name.prefix);
  const id = normalizeId(name.id);
  return keys.filter((key) => String(key.id) === id);
}

/**
 * Revokes a key for good, and answers it as it was before. One that was revoked already stays as it is. Throws an ApiKeyError
 * where the name is that of none, or of several.
 */
export async function revokeApiKey(db: Database, name: ApiKeyName, now: Date): Promise<ApiKeyRecord> {
  const [key, ...others] = await findApiKeys(db, name);
  const shown = 'prefix' in name ? name.prefix : name.id;
  if (!key) throw new ApiKeyError(`There is no API key ${JSON.stringify(shown)}: keys list shows all.`);
  if (others.length > 0) throw new ApiKeyError(`Several API keys begin with ${shown}: name one by its id.`);
  await outsideOrganizations(db)
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', key.id)
    .where('revoked_at', 'is', null)
    .execute();
  return key;
}
