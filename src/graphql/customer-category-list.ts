import type { InputShapeFromTypeParam } from '@pothos/core';
import type { CategoryFilter, CategoryOrderField } from '../services/listing/customer-categories.ts';
import { answersSome } from './answer-length.ts';
import { limitAncestors } from './answer-limit.ts';
import { builder } from './builder.ts';
import { OrderDirectionEnum, implementConnection, pageArgs } from './connection.ts';
import type { GraphContext } from './context.ts';
import { CustomerCategoryRef } from './customer-category.ts';
import { RecordKeyInput, toOptionalKey } from './record-key.ts';
import { listNodeFields } from './selection.ts';

const CustomerCategoryConnectionRef = implementConnection(
  'CustomerCategory',
  'customer categories',
  CustomerCategoryRef,
);

const CustomerCategoryOrderFieldEnum = builder.enumType('CustomerCategoryOrderField', {
  description: 'What customer categories can be ordered by.',
  values: {
    ID: { value: 'id', description: 'By id.' },
    REFERENCE: { value: 'reference', description: 'By reference, capitals before small letters.' },
    NAME: { value: 'name', description: 'By name, whatever the case.' },
    DATE_CREATED: { value: 'dateCreated', description: 'By creation.' },
    LAST_UPDATED: { value: 'lastUpdated', description: 'By the last real change.' },
  } satisfies Record<string, { value: CategoryOrderField; description: string }>,
});

const CustomerCategoryOrderInput = builder.inputType('CustomerCategoryOrder', {
  description: 'One field of an order of customer categories.',
  fields: (t) => ({
    field: t.field({ type: CustomerCategoryOrderFieldEnum, required: true, description: 'What to order by.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      required: true,
      defaultValue: 'asc',
      description: 'Which way; by default ascending.',
    }),
  }),
});

const CustomerCategoryFilterInput = builder.inputType('CustomerCategoryFilter', {
  description:
    'Which customer categories: those that fit everything that is sent; `null` is as good as left out. In a text `*` ' +
    'at the start or end stands for anything.',
  fields: (t) => ({
    reference: t.string({ description: 'The reference, case matters: `101`, `10*`, `*1`, `*0*`.' }),
    name: t.string({ description: 'The name, whatever the case: `jewel*`.' }),
    parent: t.field({ type: RecordKeyInput, description: 'Directly below this category.' }),
    isRoot: t.boolean({ description: 'Whether it is the top of the tree.' }),
    updatedSince: t.field({ type: 'DateTime', description: 'Last changed at this moment or later.' }),
  }),
});

function toFilter(
  filter: InputShapeFromTypeParam<(typeof builder)['$inferSchemaTypes'], typeof CustomerCategoryFilterInput, false>,
  context: GraphContext,
): CategoryFilter | null {
  return filter ? { ...filter, parent: toOptionalKey(filter.parent, context) } : null;
}

const listArgs = builder.args((t) => ({
  ...pageArgs,
  filter: t.field({ type: CustomerCategoryFilterInput, description: 'Which ones; by default all.' }),
  orderBy: t.field({
    type: [CustomerCategoryOrderInput],
    description: 'Their order, the most important field first; by default by id. The id decides where all are equal.',
  }),
}));

builder.queryField('customerCategories', (t) =>
  t.field({
    type: CustomerCategoryConnectionRef,
    description: 'The organization’s customer categories.',
    args: listArgs,
    resolve: (_root, args, context, info) =>
      context.lists.categories({ ...args, filter: toFilter(args.filter, context), fields: listNodeFields(info) }),
  }),
);

builder.objectField(CustomerCategoryRef, 'children', (t) =>
  t.field({
    type: CustomerCategoryConnectionRef,
    description: 'The categories directly below it.',
    args: listArgs,
    resolve: ({ id }, args, context, info) =>
      context.lists.categories(
        { ...args, filter: toFilter(args.filter, context), fields: listNodeFields(info) },
        { by: 'parent', id },
      ),
  }),
);

builder.objectField(CustomerCategoryRef, 'ancestors', (t) =>
  t.field({
    type: [CustomerCategoryRef],
    description: 'The categories above it, from the root down; none of the root.',
    extensions: answersSome(20),
    resolve: async ({ id }, _args, { lists }, info) => limitAncestors(info, await lists.ancestors(id)),
  }),
);
