import type { ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createInputError } from './errors.ts';

/** The most bulk upserts of one request: the same thousand items could be sent once and named in any number of them. */
const maxBulkFields = 10;

const bulkFields: ReadonlySet<string> = new Set(['upsertCustomers', 'upsertCustomerCategories']);

function limitBulkFields(context: ValidationContext) {
  let count = 0;
  return {
    Field({ name }: { readonly name: { readonly value: string } }) {
      const isBulk = bulkFields.has(name.value) && context.getParentType() === context.getSchema().getMutationType();
      if (!isBulk || (count += 1) !== maxBulkFields + 1) return;
      context.reportError(createInputError(`A request may hold ${maxBulkFields} bulk upserts at most.`));
    },
  };
}

/** Refuses requests of more bulk upserts than one should hold. */
export function useBulkLimit(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(limitBulkFields);
    },
  };
}
