import { type UpsertErrorCode, texts } from './errors.ts';
import { normalizeId } from './ids.ts';
import type { Parameter, ParameterKind } from './parameters.ts';
import { readPaymentTypes } from './payment-types.ts';
import { readBoolean, readInteger, readNumber } from './scalars.ts';

/** How relations are meant (ruling 26): references, ids, or references that may be ids. */
export type KeyMode = 'either' | 'reference' | 'id';

/**
 * What a text says: a value, `null` where it clears, `'absent'` where it says nothing, or what is wrong with it.
 * Relations are `{ reference }` or `{ id }` as sent, payment types a list of `{ id }`, due dates by the name they are
 * answered with.
 */
export type Reading =
  { readonly value: unknown } | { readonly code: UpsertErrorCode; readonly message: string } | 'absent';

const dueDateConfigTypes = new Map([
  ['1', 'daysAfterInvoiceDate'],
  ['2', 'daysAfterEndOfInvoiceMonth'],
  ['daysAfterInvoiceDate', 'daysAfterInvoiceDate'],
  ['daysAfterEndOfInvoiceMonth', 'daysAfterEndOfInvoiceMonth'],
]);

/** The reading of what has the wrong type for the parameter of this name (ruling 21). */
export function readInvalid(parameter: string): Reading {
  return { code: 'invalid_param_type', message: texts.invalidType(parameter) };
}

function orInvalid(value: unknown, parameter: string): Reading {
  return value === undefined ? readInvalid(parameter) : { value };
}

/** What a present and empty parameter means: cleared, or as if it were absent (ruling 17). */
function readEmpty({ name, kind }: Parameter): Reading {
  const isAbsent = kind.type === 'boolean' || kind.type === 'currency' || kind.type === 'image' || name === 'userId';
  return isAbsent ? 'absent' : { value: null };
}

/** Ids are passed on as they were sent, since error texts quote them (ruling 6). */
function readRelation({ name, kind }: Parameter, text: string, mode: KeyMode): Reading {
  const isRegion = kind.type === 'relation' && kind.noun === 'region';
  if (mode !== 'id' && !isRegion) return { value: { reference: text } };
  return normalizeId(text) === undefined ? readInvalid(name) : { value: { id: text } };
}

/** Only numbers within the kind's range: GraphQL's own types would refuse some others without a word of the contract. */
function readRanged(kind: Extract<ParameterKind, { type: 'number' }>, text: string): number | undefined {
  const value = kind.integer ? readInteger(text) : readNumber(text);
  return value !== undefined && value >= kind.min && value <= kind.max ? value : undefined;
}

function readPaymentTypeKeys(text: string): Reading {
  const reading = readPaymentTypes(text);
  return reading.ok ? { value: reading.ids.map((id) => ({ id })) } : readInvalid(reading.parameter);
}

/** Reads the text of a parameter as its kind (rulings 17, 20, 21, 23, 26, 28). */
export function readValue(parameter: Parameter, text: string, mode: KeyMode): Reading {
  const { kind, name } = parameter;
  if (text === '' || (name === 'isRoot' && text === 'null')) return readEmpty(parameter);
  switch (kind.type) {
    case 'text':
    case 'country':
    case 'currency':
      return { value: text };
    case 'boolean': {
      const value = readBoolean(text);
      return value === undefined ? { code: 'invalid_param_type', message: texts.invalidBoolean(name) } : { value };
    }
    case 'number':
      return orInvalid(readRanged(kind, text), name);
    case 'dueDateType':
      return orInvalid(dueDateConfigTypes.get(text), name);
    case 'relation':
      return readRelation(parameter, text, mode);
    case 'paymentTypes':
      return readPaymentTypeKeys(text);
    case 'image':
      return { code: 'unsupported_file_type', message: texts.fileNotSupported };
  }
}

/** `useExternalId=true` means references only, `false` ids only, nothing both (ruling 26); undefined where it is neither. */
export function readKeyMode(text: string): KeyMode | undefined {
  if (text === '') return 'either';
  const value = readBoolean(text);
  if (value === undefined) return undefined;
  return value ? 'reference' : 'id';
}
