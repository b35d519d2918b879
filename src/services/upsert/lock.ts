import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Entry } from './entry.ts';
import type { Kind } from './model.ts';

/** Locks the organization's hierarchies and the entries' own records, in one order for all, until the transaction ends. */
export async function lockRecords<K extends Kind>(
  trx: Database,
  organizationId: number,
  table: string,
  entries: readonly Entry<K>[],
): Promise<void> {
  const references = entries.map(({ checked }) => checked.input.reference);
  await sql`select from organizations where id = ${organizationId} for no key update`.execute(trx);
  await sql`
    select from ${sql.ref(table)}
    where organization_id = ${organizationId} and reference = any (${references}::text[]) order by id for no key update
  `.execute(trx);
}
