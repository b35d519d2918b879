import type { Actor } from '../../src/actor.ts';
import type { Database } from '../../src/db/schema.ts';

/** A caller of a new organization without any category. */
export async function createOrganization(db: Database, name: string): Promise<Actor> {
  const values = { name, folder: `${name}-1`, currency: 'EUR', currencies: ['EUR'] };
  const insert = db.insertInto('organizations').values(values).returning(['id', 'name', 'folder']);
  return { organization: await insert.executeTakeFirstOrThrow(), userId: null };
}

/** A caller of a new organization with a root category, `root`. */
export async function createRootedOrganization(db: Database, name: string): Promise<Actor> {
  const actor = await createOrganization(db, name);
  const root = { organization_id: actor.organization.id, reference: 'root', name: 'root', is_root: true };
  await db.insertInto('customer_categories').values(root).execute();
  return actor;
}
