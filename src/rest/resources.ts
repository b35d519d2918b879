import type { DocumentNode } from 'graphql';
import type { Noun } from '../contract/errors.ts';
import { type Parameter, customerCategoryParameters, customerParameters } from '../contract/parameters.ts';
import type { CategoryAnswer, CustomerAnswer } from './answers.ts';
import { documents } from './documents.ts';
import { renderCategory, renderCustomer, renderLinked } from './respond.ts';

/** What can be upserted through a form. */
export type UpsertResource = {
  readonly mutation: DocumentNode;
  readonly parameters: readonly Parameter[];
  readonly fileField: string;
  /** The parameters required on every call (ruling 14), given the form's input and the fields that were unusable. */
  readonly required: (
    input: Readonly<Record<string, unknown>>,
    refused: ReadonlySet<string | undefined>,
  ) => readonly string[];
};

/** One collection of addresses: how a record of it is read, and, for two of them, upserted. */
export type Resource = {
  readonly noun: Noun;
  readonly query: DocumentNode;
  readonly variables: (key: { readonly id: string } | { readonly reference: string }) => Record<string, unknown>;
  /** The contract's body for the record, as the operations of `documents.ts` select it. */
  readonly render: (record: never, version: string) => object;
  readonly upsert?: UpsertResource;
};

const by = (key: object) => ({ by: key });

function linked(collection: string, noun: Noun, query: DocumentNode): Resource {
  return {
    noun,
    query,
    variables: by,
    render: (record: { id: string; reference?: string; name: string }, version) =>
      renderLinked(record, version, collection),
  };
}

/** Every collection, by its segment of the address. */
export const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  [
    'customers',
    {
      noun: 'customer',
      query: documents.customer,
      variables: by,
      render: (record: CustomerAnswer, version) => renderCustomer(record, version),
      upsert: {
        mutation: documents.upsertCustomer,
        parameters: customerParameters,
        fileField: 'imageFile',
        required: () => ['name'],
      },
    },
  ],
  [
    'customerCategories',
    {
      noun: 'customer category',
      query: documents.customerCategory,
      variables: by,
      render: (record: CategoryAnswer, version) => renderCategory(record, version),
      upsert: {
        mutation: documents.upsertCustomerCategory,
        parameters: customerCategoryParameters,
        fileField: 'image',
        required: ({ isRoot }, refused) => (isRoot === true || refused.has('isRoot') ? ['name'] : ['name', 'parentId']),
      },
    },
  ],
  ['users', linked('users', 'user', documents.user)],
  ['paymentTypes', linked('paymentTypes', 'payment type', documents.paymentType)],
  ['customerSegmentations', linked('customerSegmentations', 'customer segmentation', documents.customerSegmentation)],
  ['regions', { ...linked('regions', 'region', documents.region), variables: (key) => key }],
]);
