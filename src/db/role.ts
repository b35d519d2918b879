import { sql } from 'kysely';
import type { Database, Schema } from './schema.ts';

/** Whom the statements of organizations run as where policies don't bind the user of the connection. */
export const boundRole = 'customer_gateway_app';

/** What the gateway does with each table once it is there. */
const privileges: Readonly<Record<keyof Schema, string>> = {
  organizations: 'select, insert, update',
  users: 'select, insert, update',
  payment_types: 'select, insert, update',
  customer_segmentations: 'select, insert, update',
  regions: 'select, insert, update',
  customer_categories: 'select, insert, update',
  customers: 'select, insert, update',
  changes: 'select, insert, delete',
  feed_eras: 'select, insert',
  api_keys: 'select, insert, update',
  image_sweeps: 'select, insert, update',
};

/** Organizations cannot be kept apart on this database as it is set up. The message says what to do. */
export class IsolationError extends Error {
  override name = 'IsolationError';
}

/** SQL: whether the user of the connection is one whom no policy binds. */
export const bypassesPolicies = sql<boolean>`(
  select rolsuper or rolbypassrls from pg_roles where rolname = current_user
)`;

/** Whether policies bind the user of the connection, or a role that it can take on and that may do everything already. */
export async function isBound(db: Database): Promise<boolean> {
  const needed = Object.entries(privileges).flatMap(([table, list]) => list.split(', ').map((each) => [table, each]));
  const { rows } = await sql<{ bound: boolean | null }>`
    select not ${bypassesPolicies} or (
      select not rolsuper and not rolbypassrls and pg_has_role(oid, 'usage') and (
        select bool_and(has_table_privilege(r.oid, n.value->>0, n.value->>1))
        from jsonb_array_elements(${JSON.stringify(needed)}::jsonb) as n
      ) from pg_roles r where rolname = ${boundRole}
    ) as bound`.execute(db);
  return rows[0]?.bound ?? false;
}

/**
 * Sees to it that there is a role whom policies bind, where they don't bind the user of the connection, and that the role
 * may use the tables. Throws an `IsolationError` where the user may not see to that.
 */
export async function provideBoundRole(session: Database): Promise<void> {
  if (await isBound(session)) return;
  const { rows } = await sql<{ user: string }>`select current_user as user`.execute(session);
  const user = rows[0]?.user ?? '';
  try {
    await createRole(session);
    await grantPrivileges(session);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IsolationError(
      `Row-level security does not bind the database's user "${user}", a superuser or with BYPASSRLS, and the role ` +
        `${boundRole} that it would take on cannot be prepared (${reason}). Connect as a user without those attributes that ` +
        `owns the tables, or let a superuser run: create role ${boundRole}; grant ${boundRole} to "${user}";`,
      { cause: error },
    );
  }
}

/** Roles are the server's, so that another database may have brought it along, even just now. */
async function createRole(session: Database): Promise<void> {
  const role = sql.id(boundRole);
  await sql`do $$ begin
    if to_regrole(${sql.lit(boundRole)}) is null then
      create role ${role} nologin;
    end if;
  exception when duplicate_object or unique_violation then
    null;
  end $$`.execute(session);
  const { rows } = await sql<{ bypasses: boolean; is_member: boolean }>`
    select rolsuper or rolbypassrls as bypasses, pg_has_role(oid, 'usage') as is_member
    from pg_roles where rolname = ${boundRole}`.execute(session);
  if (rows[0]?.bypasses) throw new Error(`policies do not bind ${boundRole} either`);
  if (!rows[0]?.is_member) await sql`grant ${role} to current_user`.execute(session);
}

/** The tables come last: once they are done, all is. */
async function grantPrivileges(session: Database): Promise<void> {
  const role = sql.id(boundRole);
  const { rows } = await sql<{ schema: string; sequence: string }>`
    select table_schema as schema, pg_get_serial_sequence(table_name, column_name) as sequence
    from information_schema.columns
    where table_schema = current_schema() and table_name = any (${Object.keys(privileges)}::text[]) and is_identity = 'YES'
  `.execute(session);
  for (const { schema, sequence } of rows) {
    await sql`grant usage on schema ${sql.id(schema)} to ${role}`.execute(session);
    await sql`grant usage, select, update on sequence ${sql.raw(sequence)} to ${role}`.execute(session);
  }
  await sql`grant execute on function current_organization(), current_feed_era() to ${role}`.execute(session);
  for (const [table, list] of Object.entries(privileges)) {
    await sql`grant ${sql.raw(list)} on ${sql.table(table)} to ${role}`.execute(session);
  }
}
