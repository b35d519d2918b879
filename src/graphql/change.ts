import { limits } from '../contract/limits.ts';
import {
  type Change,
  type ChangeKind,
  type Door,
  type FeedPosition,
  feedStart,
  formatCursor,
  parseCursor,
} from '../services/changes/change.ts';
import { AnswerLength, answersBy } from './answer-length.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';
import { CustomerCategoryRef } from './customer-category.ts';
import { CustomerRef } from './customer.ts';
import { createInputError } from './errors.ts';
import { UserRef } from './reference-data.ts';

const usualPage = 100;
const mostPerPage = limits.graphql.changesPerPage;

const ChangeKindEnum = builder.enumType('ChangeKind', {
  description: 'What a change was made to.',
  values: {
    CUSTOMER: { value: 'customer', description: 'A customer.' },
    CUSTOMER_CATEGORY: { value: 'customerCategory', description: 'A customer category.' },
  } satisfies Record<string, { value: ChangeKind; description: string }>,
});

const ChangeOutcomeEnum = builder.enumType('ChangeOutcome', {
  description: 'What a change did.',
  values: {
    CREATED: { value: 'created', description: 'The record is new.' },
    UPDATED: { value: 'updated', description: 'The record was there and something of it changed.' },
  } satisfies Record<string, { value: Change['outcome']; description: string }>,
});

const DoorEnum = builder.enumType('Door', {
  description: 'How a change came in.',
  values: {
    REST: { value: 'rest', description: 'By a form of the original contract.' },
    GRAPHQL: { value: 'graphql', description: 'By GraphQL.' },
    IMPORT: { value: 'import', description: 'From a file, by the command `import`.' },
    PROVISIONING: { value: 'provisioning', description: 'By an organization file.' },
  } satisfies Record<string, { value: Door; description: string }>,
});

const ChangeRef = builder.objectRef<Change>('Change').implement({
  description: 'One committed change of one record. The changes of a record come in the order of its versions.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Its place in the feed, for `after`; the same whenever and wherever it is read.',
      resolve: ({ position }) => formatCursor(position),
    }),
    kind: t.field({ type: ChangeKindEnum, description: 'What was changed.', resolve: ({ kind }) => kind }),
    outcome: t.field({
      type: ChangeOutcomeEnum,
      description: 'Whether it was created or updated.',
      resolve: ({ outcome }) => outcome,
    }),
    recordId: t.id({
      description: 'The record’s id, which stays when its reference changes.',
      resolve: ({ recordId }) => recordId,
    }),
    reference: t.exposeString('reference', { description: 'The record’s reference since this change.' }),
    version: t.exposeInt('version', { description: 'The record’s version since this change.' }),
    changedFields: t.stringList({
      description: 'The input fields whose stored value changed; for a new record, those not at their default.',
      resolve: ({ changedFields }) => [...changedFields],
    }),
    changedAt: t.expose('changedAt', { type: 'DateTime', description: 'When it was made.' }),
    door: t.field({ type: DoorEnum, description: 'How it came in.', resolve: ({ door }) => door }),
    actor: t.field({
      type: UserRef,
      nullable: true,
      description: 'The user who made it; null where the caller was nobody of the organization.',
      resolve: ({ actorUserId }, _args, { relations }) =>
        actorUserId === null ? null : relations.users.find(actorUserId),
    }),
    customer: t.field({
      type: CustomerRef,
      nullable: true,
      description: 'The customer as it is now, perhaps changed again; null for a category, or if it is gone.',
      resolve: ({ kind, recordId }, _args, { relations }) =>
        kind === 'customer' ? relations.customers.find(recordId) : null,
    }),
    customerCategory: t.field({
      type: CustomerCategoryRef,
      nullable: true,
      description: 'The customer category as it is now, perhaps changed again; null for a customer, or if it is gone.',
      resolve: ({ kind, recordId }, _args, { relations }) =>
        kind === 'customerCategory' ? relations.categories.find(recordId) : null,
    }),
  }),
});

type Feed = { readonly nodes: readonly Change[]; readonly end: FeedPosition; readonly hasNextPage: boolean };

const ChangeFeedRef = builder.objectRef<Feed>('ChangeFeed').implement({
  description: 'A page of the feed of changes.',
  extensions: answersBy(new AnswerLength({ by: ['first'], usual: usualPage, most: mostPerPage })),
  fields: (t) => ({
    nodes: t.field({ type: [ChangeRef], description: 'The changes.', resolve: ({ nodes }) => [...nodes] }),
    endCursor: t.string({
      description: 'Where to go on, now or later, also if the page is empty. Keep it with what you made of the page.',
      resolve: ({ end }) => formatCursor(end),
    }),
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there is more already.' }),
  }),
});

/** The place of a client's cursor. Throws a client's error for a text that is none of ours. */
function requirePosition(cursor: string): FeedPosition {
  const position = parseCursor(cursor);
  if (!position) throw createInputError('`after` is no cursor of a change or of a page of changes.');
  return position;
}

builder.queryField('changes', (t) =>
  t.field({
    type: ChangeFeedRef,
    description:
      'Every committed change of customers and customer categories, in an order that never changes: what commits later ' +
      'comes later. Who goes on from `endCursor` meets every change exactly once, whatever happened in between. ' +
      'A change shows as soon as no transaction that began before it is under way. A cursor whose change was pruned, or lost ' +
      'because an older backup was restored, is the error CURSOR_EXPIRED: then read all records, and the changes without it.',
    args: {
      after: t.arg.string({
        description: 'The cursor to go on from; without it the feed begins with the oldest change that is kept.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: usualPage,
        description: `How many changes at the most, from 1 to ${mostPerPage}.`,
      }),
    },
    resolve: async (_root, { after, first }, { services, actor }): Promise<Feed> => {
      if (first < 1 || first > mostPerPage) throw createInputError(`\`first\` must be from 1 to ${mostPerPage}.`);
      const from = typeof after === 'string' ? requirePosition(after) : feedStart;
      const { changes, hasNextPage } = await services.readChanges(actor, { after: from, first });
      return { nodes: changes, end: changes.at(-1)?.position ?? from, hasNextPage };
    },
  }),
);

type Filter = {
  readonly references?: readonly string[] | null | undefined;
  readonly changedFields?: readonly string[] | null | undefined;
  readonly outcomes?: readonly Change['outcome'][] | null | undefined;
};

const CustomerChangeFilterRef = builder.inputType('CustomerChangeFilter', {
  description: 'Which changes to tell of: those that meet everything that is given.',
  fields: (t) => ({
    references: t.stringList({ description: 'Of customers that have one of these references since the change.' }),
    changedFields: t.stringList({ description: 'That changed one of these input fields, such as `billingCity`.' }),
    outcomes: t.field({ type: [ChangeOutcomeEnum], description: 'That did one of these.' }),
  }),
});

function createTest({ references, changedFields, outcomes }: Filter): (change: Change) => boolean {
  const wantedReferences = references && new Set(references.map((reference) => reference.trim().normalize('NFC')));
  return (change) =>
    change.kind === 'customer' &&
    (wantedReferences?.has(change.reference) ?? true) &&
    (changedFields?.some((field) => change.changedFields.includes(field)) ?? true) &&
    (outcomes?.includes(change.outcome) ?? true);
}

builder.subscriptionField('customerChanged', (t) =>
  t.field({
    type: ChangeRef,
    description:
      'The changes of customers from now on, each once, in the order of the feed. Who was cut off goes on with `after`.',
    args: {
      filter: t.arg({ type: CustomerChangeFilterRef, description: 'Which ones; without it all.' }),
      after: t.arg.string({ description: 'The cursor to go on from instead of now.' }),
    },
    subscribe: (_root, { filter, after }, { services, actor }: GraphContext) => {
      const from = typeof after === 'string' ? requirePosition(after) : undefined;
      return services.followChanges(actor, from, createTest(filter ?? {}));
    },
    resolve: (change) => change,
  }),
);
