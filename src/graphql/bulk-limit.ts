import type { ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { createInputError } from './errors.ts';

const { bulkUpserts } = limits.graphql;

const bulkFields: ReadonlySet<string> = new Set(['upsertCustomers', 'upsertCustomerCategories']);

function limitBulkFields(context: ValidationContext) {
  let count = 0;
  return {
    Field({ name }: { readonly name: { readonly value: string } }) {
      const isBulk = bulkFields.has(name.value) && context.getParentType() === context.getSchema().getMutationType();
      if (!isBulk || (count += 1) !== bulkUpserts + 1) return;
      context.reportError(createInputError(`A request may hold ${bulkUpserts} bulk upserts at most.`));
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
