import { type Kysely, sql } from 'kysely';

/**
 * The customers of a category are listed by id unless another order is asked for. Without the id in the index PostgreSQL went
 * through all customers in that order, once for each category of a page: 3.6 s for fifty categories of 400 000 customers.
 * It still would where nearly all are in one category, for which it then takes every other; so it is told that there are more.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`drop index customers_category`.execute(db);
  await sql`create index customers_category on customers (organization_id, category_id, id)`.execute(db);
  await sql`alter table customers alter column category_id set (n_distinct = 100)`.execute(db);
}
