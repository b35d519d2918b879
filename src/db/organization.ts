import { type DialectAdapter, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Who statements run for: one organization, those in none (null), or the user of the connection, whatever that may do. */
type Scope = number | null | 'user';

/** The setting that the policies of the tables read; text, and empty outside of organizations. */
export const organizationSetting = 'customer_gateway.organization';

/** Databases over the same connections, each for one organization, or for none. */
type OpenScope = (organizationId: number | null) => Database;

type Scopes = { readonly open: OpenScope; readonly opened: Map<Scope, Database> };

/** By what a database has in common with all that is derived from it: with plugins, or a transaction. */
const places = new WeakMap<DialectAdapter, { readonly scope: Scope; readonly scopes: Scopes }>();

/** Lets the databases of organizations be had from `db`, each of which `open` makes when it is first asked for. */
export function openScopes(db: Database, open: OpenScope): Database {
  return keep({ open, opened: new Map() }, 'user', db);
}

function keep(scopes: Scopes, scope: Scope, db: Database): Database {
  scopes.opened.set(scope, db);
  places.set(db.getExecutor().adapter, { scope, scopes });
  return db;
}

function changeScope(db: Database, scope: number | null): Database {
  const { adapter, plugins } = db.getExecutor();
  const place = places.get(adapter);
  if (!place) throw new Error('This database was not opened by the gateway.');
  if (place.scope === scope) return db;
  if (db.isTransaction || typeof place.scope === 'number') {
    throw new Error('A transaction, and what is in an organization, stays where it is.');
  }
  const { scopes } = place;
  const scoped = scopes.opened.get(scope) ?? keep(scopes, scope, scopes.open(scope));
  return plugins.reduce<Database>((to, plugin) => to.withPlugin(plugin), scoped);
}

/**
 * The database as the organization sees it: each statement and transaction has the organization set, and policies keep it
 * from the rows of all others, whatever it asks for. Throws for a database that is another organization's.
 */
export function inOrganization(db: Database, organizationId: number): Database {
  return changeScope(db, organizationId);
}

/**
 * The database without an organization: it tells what organizations there are, and fails where it is asked for their rows.
 * A transaction of it may `enterOrganization`.
 */
export function outsideOrganizations(db: Database): Database {
  return changeScope(db, null);
}

/** Sets the organization for the rest of a transaction that was begun outside of them. */
export async function enterOrganization(trx: Database, organizationId: number): Promise<void> {
  await sql`select set_config(${organizationSetting}, ${String(organizationId)}, true)`.execute(trx);
}
