import { type Kysely, sql } from 'kysely';

/**
 * Puts what single values must be into domains. PostgreSQL reads the check constraints of a table anew for every statement that
 * writes to it, whatever columns that writes: of a lone update that took a seventh. A domain's it reads once in a session, and
 * only where its column is written. What says how columns go together stays with the table.
 *
 * Both tables are written anew.
 */
export async function up(db: Kysely<never>): Promise<void> {
  const domains = [
    sql`create domain latitude as double precision constraint latitude_check check (value between -90 and 90)`,
    sql`create domain longitude as double precision constraint longitude_check check (value between -180 and 180)`,
    sql`create domain credit_limit as double precision constraint credit_limit_check check (value >= 0)`,
    sql`create domain day_count as integer constraint day_count_check check (value >= 0)`,
    sql`create domain due_date_config_type as text constraint due_date_config_type_check
      check (value in ('daysAfterInvoiceDate', 'daysAfterEndOfInvoiceMonth'))`,
    sql`create domain change_kind as text constraint change_kind_check check (value in ('customer', 'customerCategory'))`,
    sql`create domain change_outcome as text constraint change_outcome_check check (value in ('created', 'updated'))`,
    sql`create domain change_door as text constraint change_door_check
      check (value in ('rest', 'graphql', 'import', 'provisioning'))`,
  ];
  for (const domain of domains) await domain.execute(db);
  await sql`alter table customers
    drop constraint customers_billing_lat_check,
    drop constraint customers_billing_lng_check,
    drop constraint customers_latitude_check,
    drop constraint customers_longitude_check,
    drop constraint customers_credit_limit_check,
    drop constraint customers_due_date_config_number_check,
    drop constraint customers_due_date_config_type_check,
    alter column billing_lat type latitude,
    alter column billing_lng type longitude,
    alter column latitude type latitude,
    alter column longitude type longitude,
    alter column credit_limit type credit_limit,
    alter column due_date_config_number type day_count,
    alter column due_date_config_type type due_date_config_type`.execute(db);
  await sql`alter table changes
    drop constraint changes_kind_check,
    drop constraint changes_outcome_check,
    drop constraint changes_door_check,
    alter column kind type change_kind,
    alter column outcome type change_outcome,
    alter column door type change_door`.execute(db);
}
