import { builder } from './builder.ts';
import { bulkArgs, howBulkIsDone, implementBulkPayload, requireBulkSize } from './bulk.ts';
import { UpsertCustomerCategoriesInputRef, toCategoryInput } from './customer-category-input.ts';
import { UpsertCustomerCategoryResultRef, primeCategories } from './customer-category.ts';
import { toItem } from './upsert.ts';

const UpsertCustomerCategoriesPayloadRef = implementBulkPayload(
  'UpsertCustomerCategoriesPayload',
  UpsertCustomerCategoryResultRef,
);

builder.mutationField('upsertCustomerCategories', (t) =>
  t.field({
    type: UpsertCustomerCategoriesPayloadRef,
    description: `Creates or updates many customer categories ${howBulkIsDone}`,
    args: {
      inputs: t.arg({
        type: [UpsertCustomerCategoriesInputRef],
        required: true,
        description: 'The categories’ references, and what is to change.',
      }),
      ...bulkArgs,
    },
    resolve: async (_root, { inputs, mode, ...options }, context) => {
      requireBulkSize(inputs);
      context.countItems(inputs.length);
      const items = inputs.map(({ ifVersion, ...input }) =>
        toItem(toCategoryInput(input, context), { mode, ifVersion }, context),
      );
      const { hasLeft, report } = context;
      const rules = { ...options, hasLeft, report };
      const answer = await context.services.upsertCustomerCategories(context.actor, items, rules);
      primeCategories(context.relations, answer.results);
      return answer;
    },
  }),
);
