import { type Kysely, sql } from 'kysely';

/**
 * What callers authenticate with. Of the key itself only its hash and its beginning are kept. The hash is unique over all
 * organizations, since it is what tells the organization of a call.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table api_keys (
    organization_id bigint not null,
    id bigint generated always as identity,
    name text not null,
    prefix text collate "C" not null,
    hash text collate "C" not null,
    scopes text[] not null,
    user_id bigint,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    constraint api_keys_pkey primary key (organization_id, id),
    constraint api_keys_hash_key unique (hash),
    constraint api_keys_hash_check check (hash ~ '^[0-9a-f]{64}$'),
    constraint api_keys_scopes_check check (cardinality(scopes) > 0 and scopes <@ array['read', 'write', 'admin']),
    constraint api_keys_organization_fkey foreign key (organization_id) references organizations (id),
    constraint api_keys_user_fkey foreign key (organization_id, user_id) references users (organization_id, id)
  )`.execute(db);
}
