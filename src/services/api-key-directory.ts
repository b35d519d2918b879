import { type Caller, isScope } from '../actor.ts';
import { inOrganization, outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import { ExpiringMap } from '../expiring-map.ts';

/** An API key that was not revoked, as a caller; whether it has expired is for who uses it to see. */
export type KnownApiKey = Caller & { readonly id: number; readonly expiresAt: Date | null };

/** The API keys that calls are made with. */
export type ApiKeyDirectory = {
  /** The key of this hash. */
  readonly find: (hash: string) => Promise<KnownApiKey | undefined>;
  /** Notes that a key was used, to the minute, beside the call; it does not matter if that fails. */
  readonly noteUse: (key: KnownApiKey) => void;
};

/** How long a key is believed, in milliseconds: so long one that is revoked may still be used. */
const believedFor = 5_000;
const usesNotedEvery = 60_000;

const capacity = 10_000;

async function readKey(db: Database, hash: string): Promise<KnownApiKey | undefined> {
  const row = await outsideOrganizations(db)
    .selectFrom('api_keys as k')
    .innerJoin('organizations as o', 'o.id', 'k.organization_id')
    .select(['k.id', 'k.scopes', 'k.user_id', 'k.expires_at', 'k.organization_id', 'o.name', 'o.folder'])
    .where('k.hash', '=', hash)
    .where('k.revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    id: row.id,
    principal: `key ${row.id}`,
    organization: { id: row.organization_id, name: row.name, folder: row.folder },
    userId: row.user_id,
    scopes: row.scopes.filter(isScope),
    expiresAt: row.expires_at,
  };
}

/** Nothing is written where another process has noted a use within the minute. */
async function writeUse(db: Database, { id, organization }: KnownApiKey, at: Date): Promise<void> {
  await inOrganization(db, organization.id)
    .updateTable('api_keys')
    .set({ last_used_at: at })
    .where('organization_id', '=', organization.id)
    .where('id', '=', id)
    .where((eb) =>
      eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', new Date(at.getTime() - usesNotedEvery))]),
    )
    .execute();
}

/** A directory that remembers keys for a few seconds, so that a call does not cost a statement; unknown ones it does not. */
export function createApiKeyDirectory(db: Database, now: () => Date): ApiKeyDirectory {
  const known = new ExpiringMap<KnownApiKey>({ lifetime: believedFor, capacity, now });
  const noted = new ExpiringMap<true>({ lifetime: usesNotedEvery, capacity, now });

  return {
    async find(hash) {
      const remembered = known.get(hash);
      if (remembered) return remembered;
      const key = await readKey(db, hash);
      if (key) known.set(hash, key);
      return key;
    },
    noteUse(key) {
      if (noted.get(String(key.id))) return;
      noted.set(String(key.id), true);
      writeUse(db, key, now()).catch(() => undefined);
    },
  };
}
