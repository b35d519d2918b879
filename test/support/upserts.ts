import { expect } from 'vitest';
import type { GraphAnswer, TestGateway } from './gateway.ts';

/** Either member of an upsert's result; of a success the record is in `record`. */
export type UpsertAnswer = {
  readonly __typename: string;
  readonly outcome?: string;
  readonly changedFields?: readonly string[];
  readonly warnings?: readonly Finding[];
  readonly record?: Record<string, unknown>;
  readonly errors?: readonly Finding[];
};

type Finding = { readonly code: string; readonly message: string; readonly path: readonly string[] };

const findings = '{ code message path }';

const result = (record: string) => `
  __typename
  ... on UpsertSuccess { outcome changedFields warnings ${findings} }
  ${record}
  ... on UpsertFailure { errors ${findings} }`;

const image = '{ original medium small width height }';

export const customerMutation = `mutation ($input: UpsertCustomerInput!) {
  result: upsertCustomer(input: $input) { ${result(`... on UpsertCustomerSuccess { record: customer {
    id reference name barcode isActive customerCategory { id reference } isSubCustomer parentCustomer { reference }
    billWithParent customerSegmentation { reference } createdBy { reference } isSameAddress
    billingCountry billingCity billingPostalCode billingAddress billingLat billingLng
    country city postalCode address latitude longitude email phone mobile fax comment website creditLimit
    dueDateConfigNumber dueDateConfigType taxNumber companyRegistrationNumber currency logo ${image}
    paymentTypes { id } region { id } onHold onHoldReason organization { name } version dateCreated lastUpdated
  } }`)} } }`;

export const categoryMutation = `mutation ($input: UpsertCustomerCategoryInput!) {
  result: upsertCustomerCategory(input: $input) { ${result(`... on UpsertCustomerCategorySuccess { record: customerCategory {
    id reference name isRoot parent { id reference } description image ${image} organization { name } version
    dateCreated lastUpdated
  } }`)} } }`;

/** The result of an upsert, which must not have been an error of GraphQL's. */
export function resultOf(answer: GraphAnswer): UpsertAnswer {
  expect(answer).toMatchObject({ status: 200, data: { result: {} } });
  expect(answer.errors).toBeUndefined();
  return answer.data?.['result'] as UpsertAnswer;
}

type Files = Record<string, Blob>;
type Input = Record<string, unknown>;

/** Upserts a customer through GraphQL; `logo` goes along as a file. */
export async function upsertCustomer(gateway: TestGateway, input: Input, logo?: Blob): Promise<UpsertAnswer> {
  const files: Files = logo ? { 'variables.input.logo': logo } : {};
  const variables = { input: logo ? { ...input, logo: null } : input };
  return resultOf(await gateway.graphql(customerMutation, variables, files));
}

/** Upserts a category through GraphQL; `image` goes along as a file. */
export async function upsertCategory(gateway: TestGateway, input: Input, image?: Blob): Promise<UpsertAnswer> {
  const files: Files = image ? { 'variables.input.image': image } : {};
  const variables = { input: image ? { ...input, image: null } : input };
  return resultOf(await gateway.graphql(categoryMutation, variables, files));
}

/** Everything that upserts could have changed, as text, to see that nothing did. */
export async function readTables({ database: { db } }: TestGateway): Promise<string> {
  const tables = ['customers', 'customer_categories', 'changes'] as const;
  const read = tables.map(async (table) => {
    const rows = await db.selectFrom(table).selectAll().orderBy('organization_id').execute();
    return rows.map((row) => JSON.stringify(row)).toSorted();
  });
  return JSON.stringify(await Promise.all(read));
}
