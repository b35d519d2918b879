import { sql } from 'kysely';
import type { UpsertDeps } from './deps.ts';

/**
 * Brings the statistics of the tables that upserts write up to date. Without any, PostgreSQL cannot tell the index of the
 * primary key from others that lead with the organization, and checks each foreign key by reading all customers.
 * A server sees to it within minutes, the embedded database after some thousand rows: both too late for who writes many.
 */
export async function refreshStatistics({ db }: Pick<UpsertDeps, 'db'>): Promise<void> {
  await sql`analyze customers, customer_payment_types, customer_categories`.execute(db);
}
