import type { CustomerResult } from '../services/customers/upsert.ts';
import type { Customer, DueDateType } from '../services/records.ts';
import { builder } from './builder.ts';
import { UpsertCustomerInputRef, toCustomerInput } from './customer-input.ts';
import { CustomerCategoryRef } from './customer-category.ts';
import { customerText } from './customer-changes.ts';
import { FieldChangeRef, describeChanges } from './field-change.ts';
import { ImageRef } from './image.ts';
import { OrganizationRef } from './organization.ts';
import { RecordKeyInput, toRecordKey } from './record-key.ts';
import { CustomerSegmentationRef, PaymentTypeRef, RegionRef, UserRef } from './reference-data.ts';
import type { Relations } from './relations.ts';
import { UpsertFailureRef, UpsertSuccessInterface, intentArgs, toItem } from './upsert.ts';
import { DueDateConfigTypeEnum } from './due-date.ts';

export const CustomerRef = builder.objectRef<Customer>('Customer');
CustomerRef.implement({
  description: 'A customer of the organization.',
  fields: (t) => {
    const optional = (name: keyof Customer & OptionalText, description: string) =>
      t.exposeString(name, { nullable: true, description });
    const coordinate = (name: 'billingLat' | 'billingLng' | 'latitude' | 'longitude', description: string) =>
      t.exposeFloat(name, { nullable: true, description });
    return {
      id: t.id({ description: 'The gateway’s own id.', resolve: ({ id }) => id }),
      reference: t.exposeString('reference', { description: 'The reference it has in your system; unique.' }),
      name: t.exposeString('name', { description: 'What it is called.' }),
      barcode: optional('barcode', 'Its barcode.'),
      isActive: t.exposeBoolean('isActive', { description: 'Whether business is done with it.' }),
      customerCategory: t.field({
        type: CustomerCategoryRef,
        description: 'Its category.',
        resolve: ({ categoryId }, _args, { relations }) => relations.categories.require(categoryId),
      }),
      isSubCustomer: t.exposeBoolean('isSubCustomer', { description: 'Whether it belongs to a parent customer.' }),
      parentCustomer: t.field({
        type: CustomerRef,
        nullable: true,
        description: 'The customer it belongs to; set exactly where `isSubCustomer` is true.',
        resolve: ({ parentId }, _args, { relations }) =>
          parentId === null ? null : relations.customers.require(parentId),
      }),
      billWithParent: t.exposeBoolean('billWithParent', { description: 'Whether its parent is sent the bill.' }),
      customerSegmentation: t.field({
        type: CustomerSegmentationRef,
        nullable: true,
        description: 'Its segment of the market.',
        resolve: ({ segmentationId }, _args, { relations }) =>
          segmentationId === null ? null : relations.segmentations.require(segmentationId),
      }),
      createdBy: t.field({
        type: UserRef,
        nullable: true,
        description: 'The user who created it.',
        resolve: ({ createdById }, _args, { relations }) =>
          createdById === null ? null : relations.users.require(createdById),
      }),
      isSameAddress: t.exposeBoolean('isSameAddress', {
        description: 'Whether goods are shipped to the billing address; if so, both hold the same values.',
      }),
      billingCountry: optional('billingCountry', 'ISO alpha-2 code of the billing country.'),
      billingCity: optional('billingCity', 'Billing city.'),
      billingPostalCode: optional('billingPostalCode', 'Billing postal code.'),
      billingAddress: optional('billingAddress', 'Billing street address.'),
      billingLat: coordinate('billingLat', 'Billing latitude in degrees.'),
      billingLng: coordinate('billingLng', 'Billing longitude in degrees.'),
      country: optional('country', 'ISO alpha-2 code of the shipping country.'),
      city: optional('city', 'Shipping city.'),
      postalCode: optional('postalCode', 'Shipping postal code.'),
      address: optional('address', 'Shipping street address.'),
      latitude: coordinate('latitude', 'Shipping latitude in degrees.'),
      longitude: coordinate('longitude', 'Shipping longitude in degrees.'),
      email: optional('email', 'E-mail address.'),
      phone: optional('phone', 'Telephone number.'),
      mobile: optional('mobile', 'Mobile telephone number.'),
      fax: optional('fax', 'Fax number.'),
      comment: optional('comment', 'A comment for people.'),
      website: optional('website', 'Website.'),
      creditLimit: t.exposeFloat('creditLimit', {
        nullable: true,
        description: 'How much credit it is given, in its currency.',
      }),
      dueDateConfigNumber: t.exposeInt('dueDateConfigNumber', {
        nullable: true,
        description: 'After how many days a bill is due.',
      }),
      dueDateConfigType: t.field({
        type: DueDateConfigTypeEnum,
        nullable: true,
        description: 'From when those days are counted.',
        resolve: ({ dueDateConfigType }): DueDateType | null => dueDateConfigType,
      }),
      taxNumber: optional('taxNumber', 'Tax or VAT number.'),
      companyRegistrationNumber: optional('companyRegistrationNumber', 'Company registration number.'),
      currency: t.exposeString('currency', { description: 'ISO code of its currency.' }),
      logo: t.field({ type: ImageRef, nullable: true, description: 'Its picture.', resolve: ({ logo }) => logo }),
      paymentTypes: t.field({
        type: [PaymentTypeRef],
        description: 'How it may pay, by id.',
        resolve: ({ paymentTypeIds }, _args, { relations }) =>
          paymentTypeIds.map((id) => relations.paymentTypes.require(id)),
      }),
      region: t.field({
        type: RegionRef,
        nullable: true,
        description: 'The geographical location it is assigned to.',
        resolve: ({ regionId }, _args, { relations }) =>
          regionId === null ? null : relations.regions.require(regionId),
      }),
      onHold: t.exposeBoolean('onHold', { description: 'Whether business with it is suspended.' }),
      onHoldReason: optional('onHoldReason', 'Why it is on hold.'),
      organization: t.field({
        type: OrganizationRef,
        description: 'The organization it belongs to.',
        resolve: (_customer, _args, { actor }) => actor.organization,
      }),
      version: t.exposeInt('version', { description: 'One more with every real change.' }),
      dateCreated: t.expose('dateCreated', { type: 'DateTime', description: 'When it was created.' }),
      lastUpdated: t.expose('lastUpdated', { type: 'DateTime', description: 'When it last really changed.' }),
    };
  },
});

type OptionalText = {
  [Key in keyof Customer]-?: Customer[Key] extends string | null ? Key : never;
}[keyof Customer];

const UpsertCustomerSuccessRef = builder
  .objectRef<Extract<CustomerResult, { ok: true }>>('UpsertCustomerSuccess')
  .implement({
    description: 'The customer is stored as sent.',
    interfaces: [UpsertSuccessInterface],
    fields: (t) => ({
      customer: t.field({
        type: CustomerRef,
        description: 'The customer as it stands now.',
        resolve: ({ record }) => record,
      }),
      changes: t.field({
        type: [FieldChangeRef],
        description: 'The changed fields with what was there before.',
        resolve: (result, _args, context) => describeChanges(result, (row, field) => customerText(row, field, context)),
      }),
    }),
  });

export const UpsertCustomerResultRef = builder.unionType('UpsertCustomerResult', {
  description: 'What became of an upsert of a customer.',
  types: [UpsertCustomerSuccessRef, UpsertFailureRef],
  resolveType: (result) => (result.ok ? UpsertCustomerSuccessRef : UpsertFailureRef),
});

/** Lets the relations of upserted customers be answered from what was read on the way. */
export function primeRelations(relations: Relations, results: readonly CustomerResult[]): void {
  const done = results.filter((result) => result.ok);
  const readings = [...new Set(done.map(({ related }) => related))];
  relations.customers.lookIn(readings.map(({ customers }) => customers));
  relations.customers.prime(done.map(({ record }) => record));
  relations.categories.lookIn(readings.map(({ categories }) => categories));
  relations.segmentations.lookIn(readings.map(({ segmentations }) => segmentations));
  relations.users.lookIn(readings.map(({ users }) => users));
  relations.paymentTypes.lookIn(readings.map(({ paymentTypes }) => paymentTypes));
  relations.regions.lookIn(readings.map(({ regions }) => regions));
}

builder.mutationField('upsertCustomer', (t) =>
  t.field({
    type: UpsertCustomerResultRef,
    description: 'Creates the customer of a reference if it is not there, updates it if it is, and tells which.',
    args: {
      input: t.arg({
        type: UpsertCustomerInputRef,
        required: true,
        description: 'The customer’s reference, and what is to change.',
      }),
      ...intentArgs,
    },
    resolve: async (_root, { input, validateOnly, ...intent }, context) => {
      const item = toItem(toCustomerInput(input, context), intent, context);
      const { hasLeft } = context;
      const result = await context.services.upsertCustomer(context.actor, item, { validateOnly, hasLeft });
      primeRelations(context.relations, [result]);
      return result;
    },
  }),
);

builder.queryField('customer', (t) =>
  t.field({
    type: CustomerRef,
    nullable: true,
    description: 'One customer; null where there is none of that key.',
    args: { by: t.arg({ type: RecordKeyInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, args, context) => {
      const [customer] = await context.services.findCustomers(context.actor, [toRecordKey(args.by, context)]);
      return customer;
    },
  }),
);
