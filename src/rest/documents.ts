import { type DocumentNode, parse } from 'graphql';

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
    dateCreated
    lastUpdated
  }
`;

const upsertResult = (record: string) => /* GraphQL */ `
  ... on UpsertSuccess { outcome warnings { code } }
  ${record}
  ... on UpsertFailure { errors { code message } }
`;

const named = '{ id reference name }';

/** The operations that the adapter executes; `record` or `result` is where the answer lies. */
export const documents = {
  upsertCustomer: parse(/* GraphQL */ `
    mutation ($input: UpsertCustomerInput!) {
      result: upsertCustomer(input: $input) {
        ${upsertResult('... on UpsertCustomerSuccess { record: customer { ...Answer } }')}
      }
    }
    ${customerFields}
  `),
  upsertCustomerCategory: parse(/* GraphQL */ `
    mutation ($input: UpsertCustomerCategoryInput!) {
      result: upsertCustomerCategory(input: $input) {
        ${upsertResult('... on UpsertCustomerCategorySuccess { record: customerCategory { ...Answer } }')}
      }
    }
    ${categoryFields}
  `),
  customer: parse(`query ($by: RecordKey!) { record: customer(by: $by) { ...Answer } } ${customerFields}`),
  customerCategory: parse(
    `query ($by: RecordKey!) { record: customerCategory(by: $by) { ...Answer } } ${categoryFields}`,
  ),
  user: parse(`query ($by: RecordKey!) { record: user(by: $by) ${named} }`),
  paymentType: parse(`query ($by: RecordKey!) { record: paymentType(by: $by) ${named} }`),
  customerSegmentation: parse(`query ($by: RecordKey!) { record: customerSegmentation(by: $by) ${named} }`),
  region: parse(`query ($id: ID!) { record: region(id: $id) { id name } }`),
} as const satisfies Record<string, DocumentNode>;
