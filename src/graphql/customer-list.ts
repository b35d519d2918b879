import type { InputShapeFromTypeParam } from '@pothos/core';
import type { CustomerFilter, CustomerOrderField } from '../services/listing/customers.ts';
import { builder } from './builder.ts';
import { OrderDirectionEnum, implementConnection, pageArgs } from './connection.ts';
import type { GraphContext } from './context.ts';
import { CustomerCategoryRef } from './customer-category.ts';
import { CustomerRef } from './customer.ts';
import { RecordKeyInput, toOptionalKey } from './record-key.ts';
import { listNodeFields } from './selection.ts';

const CustomerConnectionRef = implementConnection('Customer', 'customers', CustomerRef);

const CustomerOrderFieldEnum = builder.enumType('CustomerOrderField', {
  description: 'What customers can be ordered by.',
  values: {
    ID: { value: 'id', description: 'By id.' },
    REFERENCE: { value: 'reference', description: 'By reference, capitals before small letters.' },
    NAME: { value: 'name', description: 'By name, whatever the case.' },
    COUNTRY: { value: 'country', description: 'By the code of the shipping country.' },
    CITY: { value: 'city', description: 'By shipping city, whatever the case.' },
    DATE_CREATED: { value: 'dateCreated', description: 'By creation.' },
    LAST_UPDATED: { value: 'lastUpdated', description: 'By the last real change.' },
  } satisfies Record<string, { value: CustomerOrderField; description: string }>,
});

const CustomerOrderInput = builder.inputType('CustomerOrder', {
  description: 'One field of an order of customers.',
  fields: (t) => ({
    field: t.field({ type: CustomerOrderFieldEnum, required: true, description: 'What to order by.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      required: true,
      defaultValue: 'asc',
      description: 'Which way; by default ascending.',
    }),
  }),
});

const CustomerFilterInput = builder.inputType('CustomerFilter', {
  description:
    'Which customers: those that fit everything that is sent; `null` is as good as left out. In a text `*` at the ' +
    'start or end stands for anything.',
  fields: (t) => ({
    reference: t.string({ description: 'The reference, case matters: `NC-3`, `NC-*`, `*-3`, `*C-*`.' }),
    name: t.string({ description: 'The name, whatever the case: `marie*`.' }),
    category: t.field({ type: RecordKeyInput, description: 'Exactly this category.' }),
    categorySubtree: t.field({ type: RecordKeyInput, description: 'This category, or any below it.' }),
    segmentation: t.field({ type: RecordKeyInput, description: 'This customer segmentation.' }),
    isActive: t.boolean({ description: 'Whether business is done with it.' }),
    onHold: t.boolean({ description: 'Whether business with it is suspended.' }),
    country: t.string({ description: 'The shipping country: ISO alpha-2, alpha-3, or its English or French name.' }),
    updatedSince: t.field({ type: 'DateTime', description: 'Last changed at this moment or later.' }),
  }),
});

function toFilter(
  filter: InputShapeFromTypeParam<(typeof builder)['$inferSchemaTypes'], typeof CustomerFilterInput, false>,
  context: GraphContext,
): CustomerFilter | null {
  if (!filter) return null;
  return {
    ...filter,
    category: toOptionalKey(filter.category, context),
    categorySubtree: toOptionalKey(filter.categorySubtree, context),
    segmentation: toOptionalKey(filter.segmentation, context),
  };
}

const listArgs = builder.args((t) => ({
  ...pageArgs,
  filter: t.field({ type: CustomerFilterInput, description: 'Which ones; by default all.' }),
  orderBy: t.field({
    type: [CustomerOrderInput],
    description: 'Their order, the most important field first; by default by id. The id decides where all are equal.',
  }),
}));

builder.queryField('customers', (t) =>
  t.field({
    type: CustomerConnectionRef,
    description: 'The organization’s customers.',
    args: listArgs,
    resolve: (_root, args, context, info) =>
      context.lists.customers({ ...args, filter: toFilter(args.filter, context), fields: listNodeFields(info) }),
  }),
);

builder.objectField(CustomerCategoryRef, 'customers', (t) =>
  t.field({
    type: CustomerConnectionRef,
    description: 'The customers of exactly this category; for those below it too see `CustomerFilter.categorySubtree`.',
    args: listArgs,
    resolve: ({ id }, args, context, info) =>
      context.lists.customers(
        { ...args, filter: toFilter(args.filter, context), fields: listNodeFields(info) },
        { by: 'category', id },
      ),
  }),
);

builder.objectField(CustomerRef, 'subCustomers', (t) =>
  t.field({
    type: CustomerConnectionRef,
    description: 'The customers whose parent it is.',
    args: listArgs,
    resolve: ({ id }, args, context, info) =>
      context.lists.customers(
        { ...args, filter: toFilter(args.filter, context), fields: listNodeFields(info) },
        { by: 'parent', id },
      ),
  }),
);
