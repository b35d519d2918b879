import type { UpsertCustomerCategoryInput } from '../services/customer-categories/input.ts';
import { type InputFields, builder } from './builder.ts';
import { itemIntentFields } from './bulk.ts';
import type { GraphContext } from './context.ts';
import { type KeyInput, RecordKeyInput, toOptionalKey } from './record-key.ts';

/** What a category can be sent with, its picture apart. */
const categoryFields = (t: InputFields) => ({
  reference: t.string({
    required: true,
    description: 'Names the category: 1 to 255 characters, surrounding blanks ignored, case matters.',
  }),
  newReference: t.string({
    description: 'Renames the existing category; it must be free. Ignored, with a warning, on creation.',
  }),
  name: t.string({ description: 'What it is called, at most 255 characters. REST: `name`.' }),
  isRoot: t.boolean({ description: 'Whether it is the top of the tree; by default it is not. REST: `isRoot`.' }),
  parent: t.field({
    type: RecordKeyInput,
    description: 'The category above it. A root has none: one sent with it is ignored. REST: `parentId`.',
  }),
  description: t.string({ description: 'A description for people, at most 10 000 characters. Not in REST.' }),
});

const howFieldsAreRead =
  'A field left out keeps what is stored, `null` clears it. A new category needs `name`, and `parent` unless it is the root.';

export const UpsertCustomerCategoryInputRef = builder.inputType('UpsertCustomerCategoryInput', {
  description: `A customer category as your system has it. ${howFieldsAreRead}`,
  fields: (t) => ({
    ...categoryFields(t),
    image: t.field({
      type: 'Upload',
      description: 'A JPEG, GIF, PNG or BMP of at most 2 097 152 bytes. REST: `image`.',
    }),
  }),
});

export const UpsertCustomerCategoriesInputRef = builder.inputType('UpsertCustomerCategoriesInput', {
  description: `One of many customer categories as your system has them, without its picture. ${howFieldsAreRead}`,
  fields: (t) => ({ ...categoryFields(t), ...itemIntentFields(t) }),
});

type GraphInput = Omit<UpsertCustomerCategoryInput, 'parent'> & { readonly parent?: KeyInput | null | undefined };

/** The service's input for a GraphQL input. */
export function toCategoryInput(input: GraphInput, context: GraphContext): UpsertCustomerCategoryInput {
  return { ...input, parent: toOptionalKey(input.parent, context) };
}
