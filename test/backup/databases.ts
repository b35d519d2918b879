import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { inOrganization, outsideOrganizations } from '../../src/db/organization.ts';
import { listOrganizations } from '../../src/services/organizations.ts';
import { createDatabase, withDatabase } from '../support/admin.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { listOrganizationTables } from '../support/two-organizations.ts';

/** Creates an empty database of the server's superuser and answers its address. */
export async function createOwn({ url }: PostgresServer): Promise<string> {
  const name = `gateway_${randomBytes(6).toString('hex')}`;
  await createDatabase(url, name);
  return withDatabase(url, name);
}

/** Creates an empty database of an ordinary user, who has no rights on the server, and answers its address for that user. */
export async function createOrdinary(server: PostgresServer): Promise<string> {
  const url = new URL(await createOwn(server));
  await using admin = await openDatabase({ kind: 'postgres', url: server.url, poolSize: 1 });
  const role = sql.id('ordinary');
  await sql`create role ${role} login password 'secret' nosuperuser nobypassrls nocreaterole`.execute(admin.db);
  await sql`alter database ${sql.id(url.pathname.slice(1))} owner to ${role}`.execute(admin.db);
  return Object.assign(url, { username: 'ordinary', password: 'secret' }).href;
}

/** Expects forced row-level security on all tables of organizations, that it works, and `user` to be whom it binds. */
export async function expectKeptApart(url: string, user: string): Promise<void> {
  await using database = await openDatabase({ kind: 'postgres', url, poolSize: 2 });
  const { db } = database;
  const { rows: forced } = await sql<{ name: string }>`
    select relname as name from pg_class join information_schema.columns on table_name = relname
    where table_schema = current_schema() and relnamespace = current_schema()::regnamespace
      and column_name = 'organization_id' and relrowsecurity and relforcerowsecurity order by 1`.execute(db);
  expect(forced.map(({ name }) => name)).toEqual(await listOrganizationTables(db));
  const owners = sql<{
    id: number;
    user: string;
  }>`select distinct organization_id as id, current_user as user from users`;
  const organizations = await listOrganizations(db);
  expect(organizations).toHaveLength(2);
  for (const { id } of organizations)
    expect((await owners.execute(inOrganization(db, id))).rows).toEqual([{ id, user }]);
  await expect(owners.execute(outsideOrganizations(db))).rejects.toThrow('no organization is set');
}
