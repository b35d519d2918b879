import { type Kysely, sql } from 'kysely';

/**
 * Puts the payment types of a customer into its row. As rows of their own, each with two foreign keys and an index, they took
 * two fifths of what writing a new customer takes.
 *
 * No release knows the old table, so it goes at once; what goes later must stay for one release that does without.
 *
 * An array has no foreign key, so triggers do what one would: none is named that is not there, and none goes that is named. A
 * writer locks those it names as a foreign key does, so that whoever deletes one meanwhile waits, and is refused. They also see
 * to it that a set is always written the same way: each once, in ascending order.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table customers add column payment_type_ids bigint[] not null default '{}'`.execute(db);
  // As in 0002: nothing searches by it.
  await sql`alter table customers alter column payment_type_ids set statistics 0`.execute(db);
  await move(db);
  await sql`drop table customer_payment_types`.execute(db);
  await requireKnown(db);
  await requireUnnamed(db);
}

/** One organization after another, since policies may bind the user (see `0007`). */
async function move(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<{ id: number }>`select id from organizations order by id`.execute(db);
  for (const { id } of rows) {
    await enter(db, String(id));
    await sql`
      update customers c set payment_type_ids = p.ids
      from (
        select customer_id, array_agg(payment_type_id order by payment_type_id) as ids
        from customer_payment_types where organization_id = ${id} group by customer_id
      ) p where c.organization_id = ${id} and c.id = p.customer_id`.execute(db);
  }
  await enter(db, '');
}

async function enter(db: Kysely<never>, organization: string): Promise<void> {
  await sql`select set_config('customer_gateway.organization', ${organization}, true)`.execute(db);
}

async function requireKnown(db: Kysely<never>): Promise<void> {
  await sql`create function check_customer_payment_types() returns trigger language plpgsql as $$
    begin
      if new.payment_type_ids <> array(
        select id from (
          select p.id from payment_types p
          where p.organization_id = new.organization_id and p.id = any (new.payment_type_ids) for key share
        ) known order by id
      ) then
        raise foreign_key_violation using table = 'customers', constraint = 'customers_payment_types_fkey',
          message = format('customer %s names a payment type that is not there, or not in order, each once', new.id);
      end if;
      return null;
    end
  $$`.execute(db);
  await sql`create trigger customers_payment_types_inserted after insert on customers for each row
    when (new.payment_type_ids <> '{}') execute function check_customer_payment_types()`.execute(db);
  await sql`create trigger customers_payment_types_updated
    after update of organization_id, payment_type_ids on customers for each row
    when ((new.organization_id, new.payment_type_ids) is distinct from (old.organization_id, old.payment_type_ids))
    execute function check_customer_payment_types()`.execute(db);
}

async function requireUnnamed(db: Kysely<never>): Promise<void> {
  // A transaction that sees no more than what was there at its beginning could not see who names it by now.
  await sql`create function check_payment_type_unnamed() returns trigger language plpgsql as $$
    begin
      if current_setting('transaction_isolation') <> 'read committed' then
        raise feature_not_supported using message = 'payment types can be deleted at READ COMMITTED only';
      end if;
      if not exists (select from payment_types where organization_id = old.organization_id and id = old.id) and exists (
        select from customers where organization_id = old.organization_id and old.id = any (payment_type_ids)
      ) then
        raise foreign_key_violation using table = 'payment_types', constraint = 'customers_payment_types_fkey',
          message = format('payment type %s is still named by customers', old.id);
      end if;
      return null;
    end
  $$`.execute(db);
  await sql`create trigger payment_types_unnamed after delete or update of organization_id, id on payment_types
    for each row execute function check_payment_type_unnamed()`.execute(db);
  await sql`create function check_no_payment_type_named() returns trigger language plpgsql as $$
    begin
      if exists (select from customers where payment_type_ids <> '{}') then
        raise foreign_key_violation using table = 'payment_types', constraint = 'customers_payment_types_fkey',
          message = 'payment types are still named by customers';
      end if;
      return null;
    end
  $$`.execute(db);
  await sql`create trigger payment_types_truncated after truncate on payment_types
    execute function check_no_payment_type_named()`.execute(db);
}
