import { builder } from './builder.ts';
import { bulkArgs, howBulkIsDone, implementBulkPayload, requireBulkSize } from './bulk.ts';
import { UpsertCustomersInputRef, toCustomerInput } from './customer-input.ts';
import { UpsertCustomerResultRef, primeRelations } from './customer.ts';
import { toItem } from './upsert.ts';

const UpsertCustomersPayloadRef = implementBulkPayload('UpsertCustomersPayload', UpsertCustomerResultRef);

builder.mutationField('upsertCustomers', (t) =>
  t.field({
    type: UpsertCustomersPayloadRef,
    description: `Creates or updates many customers ${howBulkIsDone}`,
    args: {
      inputs: t.arg({
        type: [UpsertCustomersInputRef],
        required: true,
        description: 'The customers’ references, and what is to change.',
      }),
      ...bulkArgs,
    },
    resolve: async (_root, { inputs, mode, ...options }, context) => {
      requireBulkSize(inputs);
      context.countItems(inputs.length);
      const items = inputs.map(({ ifVersion, ...input }) =>
        toItem(toCustomerInput(input, context), { mode, ifVersion }, context),
      );
      const { hasLeft, report } = context;
      const rules = { ...options, hasLeft, report };
      const answer = await context.services.upsertCustomers(context.actor, items, rules);
      primeRelations(context.relations, answer.results);
      return answer;
    },
  }),
);
