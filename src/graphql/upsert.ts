import { type UpsertError, errorCatalogue, upsertErrorCodes } from '../contract/errors.ts';
import { type UpsertWarning, type WarningCode, warningCatalogue } from '../contract/warnings.ts';
import type { UpsertIntent, UpsertItem, UpsertMode, UpsertOutcome } from '../services/upsert/types.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';

const UpsertOutcomeEnum = builder.enumType('UpsertOutcome', {
  description: 'What an upsert did.',
  values: {
    CREATED: { value: 'created', description: 'There was no record of that reference; now there is.' },
    UPDATED: { value: 'updated', description: 'The record was there and something of it changed.' },
    UNCHANGED: { value: 'unchanged', description: 'The record was there and already as sent; nothing was written.' },
  } satisfies Record<string, { value: UpsertOutcome; description: string }>,
});

const UpsertErrorCodeEnum = builder.enumType('UpsertErrorCode', {
  description: 'What is wrong with an upsert, as REST names it, in capitals.',
  values: Object.fromEntries(
    upsertErrorCodes.map((code) => [code.toUpperCase(), { value: code, description: errorCatalogue[code].when }]),
  ),
});

const UpsertModeEnum = builder.enumType('UpsertMode', {
  description: 'What an upsert may do.',
  values: {
    UPSERT: { value: 'upsert', description: 'Create the record if it is not there, update it if it is.' },
    CREATE_ONLY: { value: 'create', description: 'A record that is there is a CONFLICT.' },
    UPDATE_ONLY: { value: 'update', description: 'A record that is not there is a CONFLICT.' },
  } satisfies Record<string, { value: UpsertMode; description: string }>,
});

/** What `ifVersion` does, of a call and of an item of a bulk upsert. */
export const ifVersionDescription =
  'Do it only to the record of exactly this `version`; another one, or none, is a CONFLICT.';

/** The arguments of every upsert that say what the caller intends. */
export const intentArgs = builder.args((t) => ({
  mode: t.field({
    type: UpsertModeEnum,
    required: true,
    defaultValue: 'upsert',
    description: 'What the call may do; by default both.',
  }),
  ifVersion: t.int({ description: ifVersionDescription }),
  validateOnly: t.boolean({
    required: true,
    defaultValue: false,
    description: 'Do everything, images included, keep nothing, and answer as if it had been kept.',
  }),
}));

const UpsertErrorRef = builder.objectRef<UpsertError>('UpsertError').implement({
  description: 'One thing that is wrong with an upsert.',
  fields: (t) => ({
    code: t.field({ type: UpsertErrorCodeEnum, description: 'Of which kind it is.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'The sentence REST answers for it, byte for byte.' }),
    path: t.stringList({
      description:
        'Where in the input, or the item of a bulk upsert, it lies, outermost first; empty if it is about all of it.',
      resolve: ({ path }) => [...path],
    }),
    currentVersion: t.int({
      nullable: true,
      description: 'Of a CONFLICT: the `version` of the record that is there; null where there is none.',
      resolve: ({ currentVersion }) => currentVersion ?? null,
    }),
  }),
});

const warningCodes: readonly WarningCode[] = Object.keys(warningCatalogue).filter(
  (code): code is WarningCode => code in warningCatalogue,
);

const UpsertWarningCodeEnum = builder.enumType('UpsertWarningCode', {
  description: 'What an upsert ignored.',
  values: Object.fromEntries(
    warningCodes.map((code) => [code.toUpperCase(), { value: code, description: warningCatalogue[code] }]),
  ),
});

const UpsertWarningRef = builder.objectRef<UpsertWarning>('UpsertWarning').implement({
  description: 'Something that was sent and not used, though the upsert succeeded.',
  fields: (t) => ({
    code: t.field({ type: UpsertWarningCodeEnum, description: 'Of which kind it is.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'A sentence for people.' }),
    path: t.stringList({
      description: 'Where in the input it lies, outermost first.',
      resolve: ({ path }) => [...path],
    }),
  }),
});

/** A refused upsert: the other member of every upsert's result. */
export const UpsertFailureRef = builder
  .objectRef<{ readonly ok: false; readonly errors: readonly UpsertError[] }>('UpsertFailure')
  .implement({
    description: 'The upsert was refused; nothing was changed, unless the error says that it may have been.',
    fields: (t) => ({
      errors: t.field({
        type: [UpsertErrorRef],
        description: 'Everything that is wrong with it, in the order in which REST would report it.',
        resolve: ({ errors }) => [...errors],
      }),
    }),
  });

type Success = {
  readonly outcome: UpsertOutcome;
  readonly changedFields: readonly string[];
  readonly warnings: readonly UpsertWarning[];
};

/** What the success types of all upserts share. */
export const UpsertSuccessInterface = builder.interfaceRef<Success>('UpsertSuccess').implement({
  description: 'An upsert that was done: the record is stored as sent.',
  fields: (t) => ({
    outcome: t.field({
      type: UpsertOutcomeEnum,
      description: 'Whether the record was created or changed.',
      resolve: ({ outcome }) => outcome,
    }),
    changedFields: t.stringList({
      description: 'The input fields whose stored value changed; for a new record, those not at their default.',
      resolve: ({ changedFields }) => [...changedFields],
    }),
    warnings: t.field({
      type: [UpsertWarningRef],
      description: 'What was sent and not used.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

/** The service's item for an input, with the caller's intent and what the form it may come from had wrong. */
export function toItem<Input>(input: Input, intent: UpsertIntent, { form }: GraphContext): UpsertItem<Input> {
  return { input, problems: form?.problems ?? [], intent, door: form ? 'rest' : 'graphql' };
}
