import type { RecordKey } from '../services/upsert/types.ts';
import { createReferenceKey } from '../services/upsert/relations.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';

/** A key as GraphQL brings it. */
export type KeyInput = { readonly id?: string | null | undefined; readonly reference?: string | null | undefined };

export const RecordKeyInput = builder.inputType('RecordKey', {
  description: 'Names one record: by its id, or by its external reference.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: 'The gateway’s own id, from 1 to 2^63−1.' }),
    reference: t.string({ description: 'The reference the record has in your system; case matters.' }),
  }),
});

/** The service's key for a GraphQL key; in a form's reference an id may be meant as well (ruling 26). */
export function toRecordKey(key: KeyInput, context: GraphContext): RecordKey {
  const { id, reference } = key;
  if (reference === null || reference === undefined) return { id: id ?? '' };
  return createReferenceKey(reference, context.form?.referencesMayBeIds ?? false);
}

/** `toRecordKey` for an optional field: absent stays absent, null stays null. */
export function toOptionalKey(key: KeyInput | null | undefined, context: GraphContext): RecordKey | null | undefined {
  return key && toRecordKey(key, context);
}
