import { sql } from 'kysely';
import type { CustomerState } from '../records.ts';
import { createColumnSql, defineColumn } from '../upsert/columns.ts';
import type { WriteTarget } from '../upsert/write.ts';
import { customerColumns } from './columns.ts';

const columnSql = createColumnSql(customerColumns);
const { recordset } = createColumnSql([...customerColumns, defineColumn('bigint[]', '', 'paymentTypeIds')]);

/** Customers are written with their set of payment types. */
export const customerTarget: WriteTarget<CustomerState> = {
  table: 'customers',
  kind: 'customer',
  columns: { ...columnSql, recordset },
  toJson: ({ next }) => next,
  alongside: (organizationId) => sql`, removed as (
      delete from customer_payment_types p using written w, input i
      where i.position = w.position and p.organization_id = ${organizationId} and p.customer_id = w.id
        and p.payment_type_id <> all (i."paymentTypeIds")
    ), added as (
      insert into customer_payment_types (organization_id, customer_id, payment_type_id)
      select ${organizationId}::bigint, w.id, unnest(i."paymentTypeIds")
      from written w join input i on i.position = w.position
      on conflict do nothing
    )`,
};
