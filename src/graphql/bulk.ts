import type { UnionRef } from '@pothos/core';
import { AnswerLength, answersBy } from './answer-length.ts';
import { limits } from '../contract/limits.ts';
import { type BulkAnswer, type BulkCounts, type OnDuplicate, type OnError } from '../services/upsert/bulk.ts';
import { type InputFields, builder } from './builder.ts';
import { createInputError } from './errors.ts';
import { ifVersionDescription, intentArgs } from './upsert.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

const { bulkItems } = limits.graphql;

const BulkOnErrorEnum = builder.enumType('BulkOnError', {
  description: 'What becomes of the other items of a bulk upsert where one is refused.',
  values: {
    SKIP_FAILED: { value: 'skipFailed', description: 'Each item is on its own: the others are done.' },
    REJECT_ALL: {
      value: 'rejectAll',
      description: 'All or nothing, in one transaction: nothing is done, and the others are refused as ABORTED.',
    },
  } satisfies Record<string, { value: OnError; description: string }>,
});

const BulkOnDuplicateEnum = builder.enumType('BulkOnDuplicate', {
  description: 'What becomes of several items of a bulk upsert with one reference, trimmed and in Unicode’s NFC.',
  values: {
    REJECT: {
      value: 'reject',
      description: 'All of them are refused as DUPLICATE, since one of them must be a mistake.',
    },
    LAST_WINS: {
      value: 'lastWins',
      description:
        'The earlier ones are left out, whatever they say, and are answered like the last one, with the warning SUPERSEDED.',
    },
  } satisfies Record<string, { value: OnDuplicate; description: string }>,
});

/** What an item of a bulk upsert may say of its own intent. */
export const itemIntentFields = (t: InputFields) => ({
  ifVersion: t.int({ description: ifVersionDescription }),
});

const { mode, validateOnly } = intentArgs;

/** The arguments of every bulk upsert beside its items. */
export const bulkArgs = builder.args((t) => ({
  onError: t.field({
    type: BulkOnErrorEnum,
    required: true,
    defaultValue: 'skipFailed',
    description: 'Whether the others are done where one is refused; by default they are, so look at `failed`.',
  }),
  onDuplicate: t.field({
    type: BulkOnDuplicateEnum,
    required: true,
    defaultValue: 'reject',
    description: 'What becomes of several items with one reference; by default all of them are refused.',
  }),
  mode,
  validateOnly,
}));

/** What the descriptions of all bulk upserts say of how they are done. */
export const howBulkIsDone =
  'as one step: in any order, relations among them included, at most 1 000, without pictures. Relations follow the ' +
  'references that records had before the call. Far quicker than as many calls.';

const bulkLength = new AnswerLength({ by: ['inputs'], usual: 0, most: bulkItems });

/** The payload of a bulk upsert whose items end in `result`. */
export function implementBulkPayload<Result>(name: string, result: UnionRef<Types, Result>) {
  return builder.objectRef<BulkAnswer<Result>>(name).implement({
    description: 'What became of the items of a bulk upsert. The five counts add up to the number of items.',
    extensions: answersBy(bulkLength),
    fields: (t) => {
      const count = (key: keyof BulkCounts, description: string) =>
        t.int({ description, resolve: ({ counts }) => counts[key] });
      return {
        results: t.field({
          type: [result],
          description: 'What became of each item, in the items’ order.',
          resolve: ({ results }) => [...results],
        }),
        created: count('created', 'How many records were created.'),
        updated: count('updated', 'How many records were there and changed.'),
        unchanged: count('unchanged', 'How many records were already as sent.'),
        failed: count('failed', 'How many items were refused, those that are ABORTED included.'),
        superseded: count('superseded', 'How many items were left out, since a later one has the same reference.'),
      };
    },
  });
}

/** Throws a client's error, before anything is done, where there are no items or too many. */
export function requireBulkSize(items: readonly unknown[]): void {
  if (items.length >= 1 && items.length <= bulkItems) return;
  throw createInputError(`A bulk upsert takes 1 to ${bulkItems} items, not ${items.length}.`);
}
