import { parse } from 'graphql';
import type { FormReading } from '../graphql/context.ts';
import type { CategoryAnswer, CustomerAnswer, LinkedAnswer, ReadAnswer, UpsertAnswer } from './answers.ts';
import type { Execute } from './execute.ts';
import type { Intent } from './intent.ts';

const customerFields = /* GraphQL */ `
  fragment Answer on Customer {
    id
    reference
    name
    customerCategory {
      id
      reference
      name
    }
    isSubCustomer
    parentCustomer {
      id
      reference
      name
    }
    billWithParent
    customerSegmentation {
      id
      reference
      name
    }
    email
    logo {
      original
    }
    phone
    mobile
    fax
    comment
    barcode
    isSameAddress
    billingCountry
    billingCity
    billingPostalCode
    billingAddress
    billingLat
    billingLng
    country
    city
    postalCode
    address
    latitude
    longitude
    creditLimit
    isActive
    onHold
    onHoldReason
    createdBy {
      id
      reference
    }
    dueDateConfigNumber
    dueDateConfigType
    paymentTypes {
      id
      reference
      name
    }
    website
    taxNumber
    companyRegistrationNumber
    currency
    organization {
      name
    }
    version
    dateCreated
    lastUpdated
    region {
      id
      name
    }
  }
`;

const categoryFields = /* GraphQL */ `
  fragment Answer on CustomerCategory {
    id
    name
    isRoot
    parent {
      id
      reference
      name
    }
    reference
    description
    image {
      original
    }
    organization {
      name
    }
    version
    dateCreated
    lastUpdated
  }
`;

const upsertResult = (record: string) => /* GraphQL */ `
  ... on UpsertSuccess { outcome warnings { code } }
  ${record}
  ... on UpsertFailure { errors { code message } }
`;

/** An operation, parsed once; `variables` and the answer are typed by hand beside its text. */
type Operation<Data, Variables extends object> = (
  execute: Execute,
  variables: Variables,
  form?: FormReading,
) => Promise<Data>;

function defineOperation<Data, Variables extends object>(source: string): Operation<Data, Variables> {
  const document = parse(source);
  return (execute, variables, form) => execute<Data>(document, variables, form);
}

/** Upserts one record. */
export type UpsertOperation<Row> = Operation<
  UpsertAnswer<Row>,
  Intent & { readonly input: Readonly<Record<string, unknown>> }
>;

/** Reads one record by a key; `record` is null where there is none. */
export type ReadOperation<Row> = Operation<
  ReadAnswer<Row>,
  { readonly by: { readonly id: string } | { readonly reference: string } }
>;

export const upsertCustomer: UpsertOperation<CustomerAnswer> = defineOperation(`
  mutation ($input: UpsertCustomerInput!, $mode: UpsertMode!, $ifVersion: Int, $validateOnly: Boolean!) {
    result: upsertCustomer(input: $input, mode: $mode, ifVersion: $ifVersion, validateOnly: $validateOnly) {
      ${upsertResult('... on UpsertCustomerSuccess { record: customer { ...Answer } }')}
    }
  }
  ${customerFields}`);

export const upsertCustomerCategory: UpsertOperation<CategoryAnswer> = defineOperation(`
  mutation ($input: UpsertCustomerCategoryInput!, $mode: UpsertMode!, $ifVersion: Int, $validateOnly: Boolean!) {
    result: upsertCustomerCategory(input: $input, mode: $mode, ifVersion: $ifVersion, validateOnly: $validateOnly) {
      ${upsertResult('... on UpsertCustomerCategorySuccess { record: customerCategory { ...Answer } }')}
    }
  }
  ${categoryFields}`);

function defineRead<Row>(field: string, selection: string, fragment = ''): ReadOperation<Row> {
  return defineOperation(`query ($by: RecordKey!) { record: ${field}(by: $by) { ${selection} } } ${fragment}`);
}

export const customer: ReadOperation<CustomerAnswer> = defineRead('customer', '...Answer', customerFields);
export const customerCategory: ReadOperation<CategoryAnswer> = defineRead(
  'customerCategory',
  '...Answer',
  categoryFields,
);
export const user: ReadOperation<LinkedAnswer> = defineRead('user', 'id reference name');
export const paymentType: ReadOperation<LinkedAnswer> = defineRead('paymentType', 'id reference name');
export const customerSegmentation: ReadOperation<LinkedAnswer> = defineRead(
  'customerSegmentation',
  'id reference name',
);

const regionById = defineOperation<ReadAnswer<LinkedAnswer>, { readonly id: string }>(
  'query ($id: ID!) { record: region(id: $id) { id name } }',
);

/** Regions have no reference, so none is found by one. */
export const region: ReadOperation<LinkedAnswer> = (execute, { by }) =>
  'id' in by ? regionById(execute, by) : Promise.resolve({ record: null });
