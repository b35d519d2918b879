import { sql } from 'kysely';
import type { CustomerState } from '../records.ts';
import { createColumnSql } from '../upsert/columns.ts';
import type { Change } from '../upsert/types.ts';
import type { WriteTarget } from '../upsert/write.ts';
import { customerColumns } from './columns.ts';

/** What of the set of payment types changes; a customer that keeps its set costs nothing. */
function toPaymentTypeChanges({ existing, next }: Change<CustomerState>): object {
  const [before, after] = [new Set(existing?.paymentTypeIds), new Set(next.paymentTypeIds)];
  const added = next.paymentTypeIds.filter((id) => !before.has(id));
  const removed = [...before].filter((id) => !after.has(id));
  return {
    ...(added.length > 0 && { addedPaymentTypes: added }),
    ...(removed.length > 0 && { removedPaymentTypes: removed }),
  };
}

/** Customers are written with their set of payment types; the version that is compared is of both. */
export const customerTarget: WriteTarget<CustomerState> = {
  table: 'customers',
  kind: 'customer',
  columns: createColumnSql(customerColumns),
  extras: [
    { key: 'addedPaymentTypes', type: 'bigint[]' },
    { key: 'removedPaymentTypes', type: 'bigint[]' },
  ],
  toExtras: toPaymentTypeChanges,
  alongside: (organizationId) => sql`, removed as (
      delete from customer_payment_types p
      using (select w.id, unnest(w."removedPaymentTypes") as payment_type_id from written w) gone
      where p.organization_id = ${organizationId} and p.customer_id = gone.id
        and p.payment_type_id = gone.payment_type_id
    ), added as (
      insert into customer_payment_types (organization_id, customer_id, payment_type_id)
      select ${organizationId}::bigint, w.id, unnest(w."addedPaymentTypes") from written w
      on conflict do nothing
    )`,
};
