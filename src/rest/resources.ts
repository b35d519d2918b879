import { type Noun, texts } from '../contract/errors.ts';
import { type Parameter, customerCategoryParameters, customerParameters } from '../contract/parameters.ts';
import type { LinkedAnswer } from './answers.ts';
import type { CoercedForm } from './coerce.ts';
import * as documents from './documents.ts';
import { RestError, toRestError } from './errors.ts';
import type { Execute } from './execute.ts';
import type { Intent } from './intent.ts';
import { renderCategory, renderCustomer, renderLinked } from './respond.ts';

/** A record named as its address names it; `sent` is for error texts. */
export type AddressKey = {
  readonly by: { readonly id: string } | { readonly reference: string };
  readonly sent: string;
};

/** The parameters of a form, and what is required of them on every call. */
export type FormRules = {
  readonly parameters: readonly Parameter[];
  readonly fileField: string;
  /** The parameters required on every call (ruling 14), given the form's input and the fields that were unusable. */
  readonly required: (
    input: Readonly<Record<string, unknown>>,
    refused: ReadonlySet<string | undefined>,
  ) => readonly string[];
};

/** The contract's body, and the entity tag of the record's version where it has one. */
export type Rendered = { readonly body: object; readonly etag?: string };

/** What an upsert answers, and what its headers tell. */
export type Upserted = Rendered & { readonly outcome: string; readonly warnings: readonly string[] };

/** One collection of addresses. Both functions throw a RestError for what the contract has an answer for. */
export type Resource = {
  readonly read: (execute: Execute, key: AddressKey, version: string) => Promise<Rendered>;
  readonly upsert?: UpsertResource;
};

/** A collection whose records a form can upsert. */
export type UpsertResource = FormRules & {
  readonly run: (execute: Execute, form: CoercedForm, intent: Intent, version: string) => Promise<Upserted>;
};

type Render<Row> = (row: Row, version: string) => object;

function rendered<Row extends { readonly version?: number }>(row: Row, render: Render<Row>, version: string): Rendered {
  return { body: render(row, version), ...(row.version !== undefined && { etag: `"${row.version}"` }) };
}

function readRecord<Row extends { readonly version?: number }>(
  noun: Noun,
  query: documents.ReadOperation<Row>,
  render: Render<Row>,
): Resource['read'] {
  return async (execute, { by, sent }, version) => {
    const { record } = await query(execute, { by });
    if (!record) throw new RestError('not_found', texts.notFound(noun, sent));
    return rendered(record, render, version);
  };
}

function upsertRecord<Row extends { readonly version?: number }>(
  mutation: documents.UpsertOperation<Row>,
  render: Render<Row>,
): UpsertResource['run'] {
  return async (execute, { input, problems, referencesMayBeIds }, intent, version) => {
    const { result } = await mutation(execute, { input, ...intent }, { problems, referencesMayBeIds });
    if ('errors' in result) {
      const [first] = result.errors;
      throw toRestError(first?.code, first?.message ?? '');
    }
    const warnings = new Set(result.warnings.map(({ code }) => code.toLowerCase()));
    return {
      ...rendered(result.record, render, version),
      outcome: result.outcome.toLowerCase(),
      warnings: [...warnings],
    };
  };
}

function linked(collection: string, noun: Noun, query: documents.ReadOperation<LinkedAnswer>): [string, Resource] {
  return [collection, { read: readRecord(noun, query, (row, version) => renderLinked(row, version, collection)) }];
}

/** Every collection, by its segment of the address. */
export const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  [
    'customers',
    {
      read: readRecord('customer', documents.customer, renderCustomer),
      upsert: {
        parameters: customerParameters,
        fileField: 'imageFile',
        required: () => ['name'],
        run: upsertRecord(documents.upsertCustomer, renderCustomer),
      },
    },
  ],
  [
    'customerCategories',
    {
      read: readRecord('customer category', documents.customerCategory, renderCategory),
      upsert: {
        parameters: customerCategoryParameters,
        fileField: 'image',
        required: ({ isRoot }, refused) => (isRoot === true || refused.has('isRoot') ? ['name'] : ['name', 'parentId']),
        run: upsertRecord(documents.upsertCustomerCategory, renderCategory),
      },
    },
  ],
  linked('users', 'user', documents.user),
  linked('paymentTypes', 'payment type', documents.paymentType),
  linked('customerSegmentations', 'customer segmentation', documents.customerSegmentation),
  linked('regions', 'region', documents.region),
]);
