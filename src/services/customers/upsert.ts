import { customerParameters } from '../../contract/parameters.ts';
import type { CustomerState } from '../records.ts';
import type { ResultOf, UpsertModel } from '../upsert/model.ts';
import { createWriter } from '../upsert/write.ts';
import { customerColumns } from './columns.ts';
import type { UpsertCustomerInput } from './input.ts';
import { judgeCustomer } from './judge.ts';
import { type CustomerSnapshot, readCustomers } from './read.ts';

/** The types of customers. */
export type CustomerKind = {
  readonly input: UpsertCustomerInput;
  readonly state: CustomerState;
  readonly snapshot: CustomerSnapshot;
};

export const customerModel: UpsertModel<CustomerKind> = {
  parameters: customerParameters,
  image: {
    name: 'logo',
    folder: 'photoCustomer',
    ofInput: (input) => input.logo,
    ofState: (state) => state.logo,
    into: (state, logo) => ({ ...state, logo }),
  },
  table: 'customers',
  read: readCustomers,
  write: createWriter({ table: 'customers', kind: 'customer', columns: customerColumns }),
  rowsOf: (snapshot) => snapshot.customers,
  judge: judgeCustomer,
  tiesOf: ({ parentCustomer, isSubCustomer }) => {
    const parent = parentCustomer?.reference ? [parentCustomer.reference] : [];
    return { needs: isSubCustomer === false ? [] : parent, needsIfNew: isSubCustomer ? parent : [], claims: [] };
  },
};

export type CustomerResult = ResultOf<CustomerKind>;
