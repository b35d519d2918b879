import { type Kysely, sql } from 'kysely';

/**
 * The customers of a category are listed by id unless another order is asked for. Without the id in the index PostgreSQL went
 * through all customers in that order, once for each category of a page: 3.6 s for fifty categories of 400 000 customers.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index customers_category_id on customers (organization_id, category_id, id)`.execute(db);
  await sql`drop index customers_category`.execute(db);
}
