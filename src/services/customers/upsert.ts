import type { Actor } from '../../actor.ts';
import { customerParameters } from '../../contract/parameters.ts';
import type { UpsertDeps } from '../deps.ts';
import type { Customer, CustomerState } from '../records.ts';
import { upsertAll } from '../upsert/engine.ts';
import type { UpsertModel } from '../upsert/model.ts';
import type { UpsertItem, UpsertOptions, UpsertResult } from '../upsert/types.ts';
import type { UpsertCustomerInput } from './input.ts';
import { judgeCustomer } from './judge.ts';
import { type CustomerSnapshot, readCustomers } from './read.ts';
import { customerTarget } from './write.ts';

const customerModel: UpsertModel<UpsertCustomerInput, CustomerState, Customer, CustomerSnapshot> = {
  parameters: customerParameters,
  image: {
    field: 'logo',
    folder: 'photoCustomer',
    ofInput: (input) => input.logo,
    ofState: (state) => state.logo,
    into: (state, logo) => ({ ...state, logo }),
  },
  target: customerTarget,
  read: (db, actor, inputs) => readCustomers(db, actor.organization.id, inputs, actor.userId),
  find: (snapshot, reference) => snapshot.customers.byReference.get(reference),
  judge: judgeCustomer,
  tiesOf: ({ parentCustomer }) => ({ needs: parentCustomer?.reference ? [parentCustomer.reference] : [], claims: [] }),
  parentOf: ({ parentId }) => parentId,
  toRow: (state, stored) => ({ ...state, ...stored }),
};

export type CustomerResult = UpsertResult<Customer, CustomerSnapshot>;

/**
 * Creates or updates customers by reference, each on its own, in two SQL statements for any number of them.
 * What is wrong with an item is its result, never an exception; see `upsertAll` for what throws.
 */
export function upsertCustomers(
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<UpsertCustomerInput>[],
  options?: UpsertOptions,
): Promise<readonly CustomerResult[]> {
  return upsertAll(customerModel, deps, actor, items, options);
}
