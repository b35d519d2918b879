import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Actor } from '../../src/actor.ts';
import type { Database } from '../../src/db/schema.ts';
import { listOrganizations } from '../../src/services/organizations.ts';
import { type TestGateway, openTestGateway } from './gateway.ts';

/** What every text of an organization says of itself, so that it shows wherever it gets to. */
export const marks = { own: 'native', other: 'foreign' } as const;

/** The ids of categories that only the other organization has. */
export const foreignCategories = [90, 91] as const;

/**
 * A gateway with two organizations that have the same references, and the same ids in all tables but their customers'. The other
 * has two categories more, one below the other.
 */
export type TwoOrganizations = AsyncDisposable & {
  readonly gateway: TestGateway;
  readonly own: Actor;
  readonly other: Actor;
  /** All that the other organization has, as text, to see that nothing changed. */
  readonly readOther: () => Promise<string>;
};

/** The tables that rows of organizations are in. */
export async function listOrganizationTables(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = current_schema() and column_name = 'organization_id' order by 1`.execute(db);
  return rows.map(({ name }) => name);
}

/** Opens it, with customers `c-0` to `c-9` in both, and one more that has the mark for a reference. */
export async function openTwoOrganizations(poolSize?: number): Promise<TwoOrganizations> {
  const gateway = await openTestGateway(poolSize === undefined ? {} : { poolSize });
  const { db } = gateway.database;
  const example = await readFile('examples/entity1.yaml', 'utf8');
  await gateway.provision(example.replace('name: entity1', `name: ${marks.other}`));
  const identities = await listOrganizations(db);
  const actorOf = (name: string): Actor => {
    const organization = identities.find((each) => each.name === name);
    if (!organization) throw new Error(`There is no ${name}.`);
    return { organization, userId: null };
  };
  const [own, other] = [actorOf('entity1'), actorOf(marks.other)];
  await sql`
    insert into customer_categories (organization_id, id, reference, name, is_root, parent_id)
    select ${other.organization.id}, ids.id, ids.id::text, 'deep', false, ids.parent_id
    from (values (${foreignCategories[0]}::bigint, 1), (${foreignCategories[1]}, ${foreignCategories[0]})) as ids (id, parent_id)`.execute(
    db,
  );
  await fill(gateway, other, marks.other);
  // Last, so that its row comes behind the other's.
  await fill(gateway, own, marks.own);
  return {
    gateway,
    own,
    other,
    readOther: () => readAll(db, other.organization.id),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

async function fill(gateway: TestGateway, { organization: { id, name } }: Actor, mark: string): Promise<void> {
  const { db } = gateway.database;
  for (const table of ['users', 'payment_types', 'customer_segmentations', 'regions', 'customer_categories']) {
    await sql`update ${sql.table(table)} set name = ${`${mark} `} || name where organization_id = ${id}`.execute(db);
  }
  await sql`update organizations set currencies = currencies || ${mark}::text where id = ${id}`.execute(db);
  const references = [...Array.from({ length: 10 }, (_, index) => `c-${index}`), mark];
  const relations = { categoryId: '2', customerSegmentationId: '1', userId: '1', regionId: '3' };
  for (const reference of references) {
    const response = await gateway.rest(`/api/v1.0/customers/reference/${reference}`, {
      method: 'POST',
      headers: { 'x-organization': name },
      body: new URLSearchParams({ name: `${mark} ${reference}`, city: mark, ...relations, paymentTypes: '[{"id":7}]' }),
    });
    if (response.status !== 201) throw new Error(response.text);
  }
}

async function readAll(db: Database, organizationId: number): Promise<string> {
  const tables = await listOrganizationTables(db);
  const all = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await sql<{ rows: string }>`
        select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)), '[]')::text as rows
        from ${sql.table(table)} t where organization_id = ${organizationId}`.execute(db);
      return rows[0]?.rows;
    }),
  );
  const settings = await sql`select * from organizations where id = ${organizationId}`.execute(db);
  return JSON.stringify([all, settings.rows]);
}
