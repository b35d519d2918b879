import type { CustomerSegmentation, PaymentType, Region, User } from '../services/records.ts';
import { normalizeKey } from '../services/upsert/check.ts';
import type { Actor } from '../actor.ts';
import { answersSome } from './answer-length.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';
import { RecordKeyInput, toRecordKey } from './record-key.ts';
import type { RecordKey } from '../services/upsert/types.ts';

type Row = { readonly id: number; readonly reference: string; readonly name: string };

function implementNamed<T extends Row>(name: string, description: string) {
  return builder.objectRef<T>(name).implement({
    description,
    fields: (t) => ({
      id: t.id({ description: 'The gateway’s own id.', resolve: ({ id }) => id }),
      reference: t.string({
        description: 'The reference it has in your systems.',
        resolve: ({ reference }) => reference,
      }),
      name: t.string({ description: 'What it is called.', resolve: (row) => row.name }),
    }),
  });
}

export const UserRef = implementNamed<User>('User', 'Somebody of the organization, who creates customers.');
export const PaymentTypeRef = implementNamed<PaymentType>('PaymentType', 'A way in which a customer may pay.');
export const CustomerSegmentationRef = implementNamed<CustomerSegmentation>(
  'CustomerSegmentation',
  'A segment of the market that customers are assigned to.',
);

export const RegionRef = builder.objectRef<Region>('Region');
RegionRef.implement({
  description: 'A geographical location, part of a tree.',
  fields: (t) => ({
    id: t.id({ description: 'The gateway’s own id.', resolve: ({ id }) => id }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    level: t.exposeInt('level', { description: 'Its depth in the tree, from 1 at the top.' }),
    parent: t.field({
      type: RegionRef,
      nullable: true,
      description: 'The region that it lies in; null at the top.',
      resolve: ({ parentId }, _args, { relations }) => (parentId === null ? null : relations.regions.require(parentId)),
    }),
  }),
});

/** The row a key names; the reference goes first. */
async function findOne<T extends Row>(
  read: (actor: Actor, keys: readonly RecordKey[]) => Promise<T[]>,
  by: Parameters<typeof toRecordKey>[0],
  context: GraphContext,
): Promise<T | null> {
  const key = toRecordKey(by, context);
  const rows = await read(context.actor, [key]);
  const reference = normalizeKey(key)?.reference;
  return rows.find((row) => row.reference === reference) ?? rows.at(0) ?? null;
}

/** Few organizations have more of a kind; their file is what sets it. */
const usualReferenceData = 250;

builder.queryFields((t) => {
  const by = t.arg({ type: RecordKeyInput, required: true, description: 'Which one.' });
  return {
    users: t.field({
      type: [UserRef],
      description: 'The organization’s users, by id.',
      extensions: answersSome(usualReferenceData),
      resolve: (_root, _args, { services, actor }) => services.listUsers(actor),
    }),
    user: t.field({
      type: UserRef,
      nullable: true,
      description: 'One user; null where there is none of that key.',
      args: { by },
      resolve: (_root, args, context) => findOne(context.services.findUsers, args.by, context),
    }),
    paymentTypes: t.field({
      type: [PaymentTypeRef],
      description: 'The organization’s payment types, by id.',
      extensions: answersSome(usualReferenceData),
      resolve: (_root, _args, { services, actor }) => services.listPaymentTypes(actor),
    }),
    paymentType: t.field({
      type: PaymentTypeRef,
      nullable: true,
      description: 'One payment type; null where there is none of that key.',
      args: { by },
      resolve: (_root, args, context) => findOne(context.services.findPaymentTypes, args.by, context),
    }),
    customerSegmentations: t.field({
      type: [CustomerSegmentationRef],
      description: 'The organization’s customer segmentations, by id.',
      extensions: answersSome(usualReferenceData),
      resolve: (_root, _args, { services, actor }) => services.listCustomerSegmentations(actor),
    }),
    customerSegmentation: t.field({
      type: CustomerSegmentationRef,
      nullable: true,
      description: 'One customer segmentation; null where there is none of that key.',
      args: { by },
      resolve: (_root, args, context) => findOne(context.services.findCustomerSegmentations, args.by, context),
    }),
    regions: t.field({
      type: [RegionRef],
      description: 'The organization’s regions, by id.',
      extensions: answersSome(usualReferenceData),
      resolve: (_root, _args, { services, actor }) => services.listRegions(actor),
    }),
    region: t.field({
      type: RegionRef,
      nullable: true,
      description: 'One region; null where there is none of that id.',
      args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
      resolve: async (_root, args, { services, actor }) => (await services.findRegions(actor, [args.id])).at(0) ?? null,
    }),
  };
});
