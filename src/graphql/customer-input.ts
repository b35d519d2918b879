import type { InputShapeFromTypeParam } from '@pothos/core';
import type { UpsertCustomerInput } from '../services/customers/input.ts';
import { type InputFields, builder } from './builder.ts';
import { itemIntentFields } from './bulk.ts';
import type { GraphContext } from './context.ts';
import { DueDateConfigTypeEnum } from './due-date.ts';
import { RecordKeyInput, toOptionalKey, toRecordKey } from './record-key.ts';

/** What a customer can be sent with, its picture apart. */
const customerFields = (t: InputFields) => ({
  reference: t.string({
    required: true,
    description: 'Names the customer: 1 to 255 characters, surrounding blanks ignored, case matters.',
  }),
  newReference: t.string({
    description: 'Renames the existing customer; it must be free. Ignored, with a warning, on creation.',
  }),
  name: t.string({ description: 'What it is called. REST: `name`.' }),
  barcode: t.string({ description: 'Its barcode. REST: `barcode`.' }),
  isActive: t.boolean({ description: 'Whether business is done with it; by default it is. REST: `isActive`.' }),
  customerCategory: t.field({
    type: RecordKeyInput,
    description: 'Its category; by default the root. REST: `categoryId`.',
  }),
  isSubCustomer: t.boolean({
    description: 'Whether it belongs to a parent customer; `false` clears the parent. REST: `isSubCustomer`.',
  }),
  parentCustomer: t.field({
    type: RecordKeyInput,
    description:
      'The customer it belongs to; needed where `isSubCustomer` is true, else ignored. REST: `parentCustomer`.',
  }),
  billWithParent: t.boolean({
    description: 'Whether its parent is sent the bill; by default not. REST: `billWithParent`.',
  }),
  customerSegmentation: t.field({
    type: RecordKeyInput,
    description: 'Its segment of the market. REST: `customerSegmentationId`.',
  }),
  createdBy: t.field({
    type: RecordKeyInput,
    description: 'The user who created it; by default the caller’s own. REST: `userId`.',
  }),
  isSameAddress: t.boolean({
    description:
      'Whether goods are shipped to the billing address; by default they are. If so, shipping becomes billing, and ' +
      'a shipping value sent alone is taken by both. REST: `isSameAddress`.',
  }),
  billingCountry: t.string({
    description: 'Billing country: ISO alpha-2, alpha-3, or its English or French name. REST: `billingCountry`.',
  }),
  billingCity: t.string({ description: 'Billing city. REST: `billingCity`.' }),
  billingPostalCode: t.string({ description: 'Billing postal code. REST: `billingPostalCode`.' }),
  billingAddress: t.string({
    description: 'Billing street address, at most 1 000 characters. REST: `billingAddress`.',
  }),
  billingLat: t.float({ description: 'Billing latitude, from −90 to 90 degrees. REST: `billingLat`.' }),
  billingLng: t.float({ description: 'Billing longitude, from −180 to 180 degrees. REST: `billingLng`.' }),
  country: t.string({
    description: 'Shipping country: ISO alpha-2, alpha-3, or its English or French name. REST: `country`.',
  }),
  city: t.string({ description: 'Shipping city. REST: `city`.' }),
  postalCode: t.string({ description: 'Shipping postal code. REST: `postalCode`.' }),
  address: t.string({ description: 'Shipping street address, at most 1 000 characters. REST: `address`.' }),
  latitude: t.float({ description: 'Shipping latitude, from −90 to 90 degrees. REST: `latitude`.' }),
  longitude: t.float({ description: 'Shipping longitude, from −180 to 180 degrees. REST: `longitude`.' }),
  email: t.string({ description: 'E-mail address. REST: `email`.' }),
  phone: t.string({ description: 'Telephone number. REST: `phone`.' }),
  mobile: t.string({ description: 'Mobile telephone number. REST: `mobile`.' }),
  fax: t.string({ description: 'Fax number. REST: `fax`.' }),
  comment: t.string({ description: 'A comment for people, at most 10 000 characters. REST: `comment`.' }),
  website: t.string({ description: 'Website, at most 1 000 characters. REST: `website`.' }),
  creditLimit: t.float({
    description: 'How much credit it is given, in its currency; 0 or more. REST: `creditLimit`.',
  }),
  dueDateConfigNumber: t.int({
    description: 'After how many days a bill is due, 0 or more. REST: `dueDateConfigNumber`.',
  }),
  dueDateConfigType: t.field({
    type: DueDateConfigTypeEnum,
    description:
      'From when those days are counted; needs `dueDateConfigNumber`, and clearing it clears the number. ' +
      'REST: `dueDateConfigType`.',
  }),
  taxNumber: t.string({ description: 'Tax or VAT number. REST: `taxNumber`.' }),
  companyRegistrationNumber: t.string({
    description: 'Company registration number. REST: `companyRegistrationNumber`.',
  }),
  currency: t.string({
    description: 'ISO code of one of the organization’s currencies; by default the organization’s. REST: `currency`.',
  }),
  paymentTypes: t.field({
    type: [RecordKeyInput],
    description: 'How it may pay, at most 250; replaces the whole set. REST: `paymentTypes`.',
  }),
  regionId: t.id({
    description:
      'The region it is assigned to, at the organization’s region level or below; ignored where the organization ' +
      'does not use geographical locations. REST: `regionId`.',
  }),
  onHold: t.boolean({
    description: 'Whether business with it is suspended; `false` clears the reason unless one is sent. REST: `onHold`.',
  }),
  onHoldReason: t.string({ description: 'Why, at most 1 000 characters. REST: `onHoldReason`.' }),
});

const howFieldsAreRead =
  'A field left out keeps what is stored, `null` clears it: a boolean goes back to ' +
  'its default, the category to the root, the currency to the organization’s. A new customer needs `name`. ' +
  'Texts hold at most 255 characters unless told otherwise.';

export const UpsertCustomerInputRef = builder.inputType('UpsertCustomerInput', {
  description: `A customer as your system has it. ${howFieldsAreRead}`,
  fields: (t) => ({
    ...customerFields(t),
    logo: t.field({
      type: 'Upload',
      description: 'A JPEG, GIF, PNG or BMP of at most 2 097 152 bytes. REST: `imageFile`.',
    }),
  }),
});

export const UpsertCustomersInputRef = builder.inputType('UpsertCustomersInput', {
  description: `One of many customers as your system has them, without its picture. ${howFieldsAreRead}`,
  fields: (t) => ({ ...customerFields(t), ...itemIntentFields(t) }),
});

/** What both inputs have, as GraphQL brings it. */
type GraphInput = Omit<
  InputShapeFromTypeParam<(typeof builder)['$inferSchemaTypes'], typeof UpsertCustomerInputRef, true>,
  'logo'
> & { readonly logo?: UpsertCustomerInput['logo'] };

/** The service's input for a GraphQL input. */
export function toCustomerInput(input: GraphInput, context: GraphContext): UpsertCustomerInput {
  const { regionId } = input;
  return {
    ...input,
    customerCategory: toOptionalKey(input.customerCategory, context),
    parentCustomer: toOptionalKey(input.parentCustomer, context),
    customerSegmentation: toOptionalKey(input.customerSegmentation, context),
    createdBy: toOptionalKey(input.createdBy, context),
    paymentTypes: input.paymentTypes && input.paymentTypes.map((key) => toRecordKey(key, context)),
    regionId: typeof regionId === 'string' ? { id: regionId } : regionId,
  };
}
