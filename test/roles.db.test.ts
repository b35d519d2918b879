import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../src/db/client.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import { inOrganization, outsideOrganizations } from '../src/db/organization.ts';
import type { Database } from '../src/db/schema.ts';
import { parseOrganizationFile } from '../src/provision-file.ts';
import { listOrganizations } from '../src/services/organizations.ts';
import { provision } from '../src/services/provisioning.ts';
import { createTestStorage, findDatabaseKind } from './support/database.ts';
import { migrateBefore } from './support/migrate-before.ts';

type Attributes = 'nobypassrls' | 'bypassrls' | 'superuser';

/** An empty database of a user with these attributes, who owns it. `admin` is connected to it as a superuser. */
type OwnDatabase = AsyncDisposable & { readonly user: string; readonly url: string; readonly admin: OpenDatabase };

async function createOwnDatabase(attributes: Attributes): Promise<OwnDatabase> {
  const storage = await createTestStorage();
  if (storage.settings.kind !== 'postgres') throw new Error('This test is about a server.');
  const admin = await openDatabase(storage.settings);
  const url = new URL(storage.settings.url);
  const user = `owner_${randomBytes(6).toString('hex')}`;
  const role = sql.id(user);
  await sql`create role ${role} login password 'secret' nocreaterole ${sql.raw(attributes)}`.execute(admin.db);
  await sql`alter database ${sql.id(url.pathname.slice(1))} owner to ${role}`.execute(admin.db);
  url.username = user;
  url.password = 'secret';
  return {
    user,
    url: url.href,
    admin,
    [Symbol.asyncDispose]: async () => {
      await sql`reassign owned by ${role} to current_user`.execute(admin.db);
      await sql`drop owned by ${role}`.execute(admin.db);
      await sql`drop role ${role}`.execute(admin.db);
      await admin[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

/** Provisions two organizations and checks that whoever is in one sees nothing of the other, and in none nothing at all. */
async function expectKeptApart({ db }: OpenDatabase): Promise<void> {
  const example = await readFile('examples/entity1.yaml', 'utf8');
  for (const text of [example, example.replace('name: entity1', 'name: neighbour')]) {
    await provision(db, parseOrganizationFile(text, 'example'), new Date());
  }
  const organizations = await listOrganizations(db);
  expect(organizations).toHaveLength(2);
  const owners = sql<{ organization_id: number }>`select distinct organization_id from users`;
  for (const { id } of organizations) {
    expect((await owners.execute(inOrganization(db, id))).rows).toEqual([{ organization_id: id }]);
  }
  await expect(owners.execute(outsideOrganizations(db))).rejects.toThrow('no organization is set');
}

/** Gives an organization, as it was before `0009`, a customer with two payment types. */
async function linkCustomer(db: Database, organization: number): Promise<void> {
  await sql`
    insert into customer_categories (organization_id, id, reference, name, is_root) values (${organization}, 1, 'root', 'n', true)
  `.execute(db);
  await sql`
    insert into payment_types (organization_id, id, reference, name)
    select ${organization}, ${organization}::bigint * 10 + n, n::text, 'n' from generate_series(0, 1) n`.execute(db);
  await sql`
    insert into customers (organization_id, id, reference, name, category_id, is_active, is_sub_customer, bill_with_parent,
      is_same_address, currency, on_hold)
    values (${organization}, 1, 'c', 'n', 1, true, false, false, true, 'EUR', false)`.execute(db);
  await sql`
    insert into customer_payment_types (organization_id, customer_id, payment_type_id)
    select organization_id, 1, id from payment_types`.execute(db);
}

async function whoReads({ db }: OpenDatabase): Promise<string | undefined> {
  const { rows } = await sql<{ user: string }>`select current_user as user`.execute(inOrganization(db, 1));
  return rows[0]?.user;
}

if (findDatabaseKind() === 'postgres')
  describe('organizations are kept apart', () => {
    it('for an ordinary user who owns the tables, as whom all statements run', async () => {
      await using own = await createOwnDatabase('nobypassrls');
      await using database = await openDatabase({ kind: 'postgres', url: own.url });
      await migrateToLatest(database.db);
      await expectKeptApart(database);
      expect(await whoReads(database)).toBe(own.user);
    });

    it('for an ordinary user while customers of several organizations are brought up to date', async () => {
      await using own = await createOwnDatabase('nobypassrls');
      await using database = await openDatabase({ kind: 'postgres', url: own.url });
      const { db } = database;
      await migrateBefore(db, '0009-customers-payment-types');
      await sql`insert into organizations (name, folder, currency, currencies) values ('a', 'a', 'EUR', '{EUR}'), ('b', 'b', 'EUR', '{EUR}')`.execute(
        db,
      );
      for (const { id } of await listOrganizations(db)) await linkCustomer(inOrganization(db, id), id);
      await migrateToLatest(db);
      const customers = await own.admin.db
        .selectFrom('customers')
        .select(['organization_id', 'payment_type_ids'])
        .execute();
      expect(customers.toSorted((a, b) => a.organization_id - b.organization_id)).toEqual([
        { organization_id: 1, payment_type_ids: [10, 11] },
        { organization_id: 2, payment_type_ids: [20, 21] },
      ]);
    });

    it('for a superuser, whose statements run as a role that policies bind', async () => {
      await using own = await createOwnDatabase('superuser');
      await using database = await openDatabase({ kind: 'postgres', url: own.url });
      await migrateToLatest(database.db);
      await expectKeptApart(database);
      expect(await whoReads(database)).toBe('customer_gateway_app');
    });

    it('for a user with BYPASSRLS once a superuser has given it that role, and until then nothing starts', async () => {
      await using own = await createOwnDatabase('bypassrls');
      await using database = await openDatabase({ kind: 'postgres', url: own.url });
      const failure = await migrateToLatest(database.db).catch(String);
      const advice = /create role customer_gateway_app; (grant customer_gateway_app to "owner_\w+");/.exec(
        String(failure),
      );
      expect(advice?.[1]).toBe(`grant customer_gateway_app to "${own.user}"`);
      await sql`do $$ begin create role customer_gateway_app nologin; exception when duplicate_object then null; end $$`.execute(
        own.admin.db,
      );
      await sql.raw(advice?.[1] ?? '').execute(own.admin.db);
      await migrateToLatest(database.db);
      await expectKeptApart(database);
      expect(await whoReads(database)).toBe('customer_gateway_app');
    });
  });

if (findDatabaseKind() === 'pglite')
  it('the embedded database runs the statements of organizations as a role that policies bind', async () => {
    await using storage = await createTestStorage();
    await using database = await openDatabase(storage.settings);
    await migrateToLatest(database.db);
    await expectKeptApart(database);
    expect(await whoReads(database)).toBe('customer_gateway_app');
  });
