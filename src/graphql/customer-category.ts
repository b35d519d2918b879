import type { CustomerCategory } from '../services/records.ts';
import type { CategoryResult } from '../services/customer-categories/upsert.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';
import { UpsertCustomerCategoryInputRef, toCategoryInput } from './customer-category-input.ts';
import { FieldChangeRef, describeChanges, toText } from './field-change.ts';
import { ImageRef, imageUrl } from './image.ts';
import { OrganizationRef } from './organization.ts';
import { RecordKeyInput, toRecordKey } from './record-key.ts';
import type { Relations } from './relations.ts';
import { UpsertFailureRef, UpsertSuccessInterface, intentArgs, toItem } from './upsert.ts';

export const CustomerCategoryRef = builder.objectRef<CustomerCategory>('CustomerCategory');
CustomerCategoryRef.implement({
  description: 'A category of customers, part of the organization’s tree of categories.',
  fields: (t) => ({
    id: t.id({ description: 'The gateway’s own id.', resolve: ({ id }) => id }),
    reference: t.exposeString('reference', { description: 'The reference it has in your system; unique.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    isRoot: t.exposeBoolean('isRoot', { description: 'Whether it is the top of the tree; an organization has one.' }),
    parent: t.field({
      type: CustomerCategoryRef,
      nullable: true,
      description: 'The category above it; null for the root.',
      resolve: ({ parentId }, _args, { relations }) =>
        parentId === null ? null : relations.categories.require(parentId),
    }),
    description: t.exposeString('description', { nullable: true, description: 'A description for people.' }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'Its picture.',
      resolve: ({ image }) => image,
    }),
    organization: t.field({
      type: OrganizationRef,
      description: 'The organization it belongs to.',
      resolve: (_category, _args, { actor }) => actor.organization,
    }),
    version: t.exposeInt('version', { description: 'One more with every real change.' }),
    dateCreated: t.expose('dateCreated', { type: 'DateTime', description: 'When it was created.' }),
    lastUpdated: t.expose('lastUpdated', { type: 'DateTime', description: 'When it last really changed.' }),
  }),
});

/** The value of a category's input field as text; of its parent the reference. */
async function categoryText(category: CustomerCategory, field: string, context: GraphContext): Promise<string | null> {
  const { parentId, image } = category;
  if (field === 'parent') {
    return parentId === null ? null : (await context.relations.categories.require(parentId)).reference;
  }
  if (field === 'image') return image && imageUrl(image, '', context);
  return toText(new Map<string, unknown>(Object.entries(category)).get(field));
}

const UpsertCustomerCategorySuccessRef = builder
  .objectRef<Extract<CategoryResult, { ok: true }>>('UpsertCustomerCategorySuccess')
  .implement({
    description: 'The customer category is stored as sent.',
    interfaces: [UpsertSuccessInterface],
    fields: (t) => ({
      customerCategory: t.field({
        type: CustomerCategoryRef,
        description: 'The customer category as it stands now.',
        resolve: ({ record }) => record,
      }),
      changes: t.field({
        type: [FieldChangeRef],
        description: 'The changed fields with what was there before.',
        resolve: (result, _args, context) => describeChanges(result, (row, field) => categoryText(row, field, context)),
      }),
    }),
  });

export const UpsertCustomerCategoryResultRef = builder.unionType('UpsertCustomerCategoryResult', {
  description: 'What became of an upsert of a customer category.',
  types: [UpsertCustomerCategorySuccessRef, UpsertFailureRef],
  resolveType: (result) => (result.ok ? UpsertCustomerCategorySuccessRef : UpsertFailureRef),
});

/** Lets the relations of upserted categories be answered from what was read on the way. */
export function primeCategories({ categories }: Relations, results: readonly CategoryResult[]): void {
  const done = results.filter((result) => result.ok);
  categories.lookIn([...new Set(done.map(({ related }) => related.categories))]);
  categories.prime(done.map(({ record }) => record));
}

builder.mutationField('upsertCustomerCategory', (t) =>
  t.field({
    type: UpsertCustomerCategoryResultRef,
    description:
      'Creates the customer category of a reference if it is not there, updates it if it is, and tells which.',
    args: {
      input: t.arg({
        type: UpsertCustomerCategoryInputRef,
        required: true,
        description: 'The category’s reference, and what is to change.',
      }),
      ...intentArgs,
    },
    resolve: async (_root, { input, validateOnly, ...intent }, context) => {
      const { actor, services, relations } = context;
      const item = toItem(toCategoryInput(input, context), intent, context);
      const { hasLeft } = context;
      const result = await services.upsertCustomerCategory(actor, item, { validateOnly, hasLeft });
      primeCategories(relations, [result]);
      return result;
    },
  }),
);

builder.queryField('customerCategory', (t) =>
  t.field({
    type: CustomerCategoryRef,
    nullable: true,
    description: 'One customer category; null where there is none of that key.',
    args: { by: t.arg({ type: RecordKeyInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, args, context) => {
      const [category] = await context.services.findCustomerCategories(context.actor, [toRecordKey(args.by, context)]);
      return category;
    },
  }),
);
