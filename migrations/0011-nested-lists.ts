import { type Kysely, sql } from 'kysely';

/**
 * The customers of a category, or below one, are read as lists of many owners in one statement, which is planned without knowing
 * whose they are. Where its sample had met one category only, PostgreSQL took any to have all customers, and went through all of
 * them for each: 3.6 s for fifty categories of 400 000 customers, 14 s by name. It is told (from the next time that it
 * analyzes the table) that there are some twenty customers to a category, and to a parent, so that it reads no more than what
 * they have.
 * By id, the usual order, the index brings a category's first customers at once.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index customers_category_id on customers (organization_id, category_id, id)`.execute(db);
  await sql`drop index customers_category`.execute(db);
  await sql`alter table customers
    alter column category_id set (n_distinct = -0.05),
    alter column parent_id set (n_distinct = -0.05)`.execute(db);
}
