import { type UpsertError, type UpsertErrorCode, texts } from '../../contract/errors.ts';
import { normalizeId } from '../../contract/ids.ts';
import { limits } from '../../contract/limits.ts';
import type { Parameter } from '../../contract/parameters.ts';
import { isLongerThan, normalizeReference } from '../../contract/references.ts';
import { findCountryCode } from '../countries.ts';
import type { RecordKey } from './types.ts';

/** Whether PostgreSQL can keep the text as it is: no U+0000, no lone surrogate (ruling 11). */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** What a check makes of one value: the value to go on with, or what is wrong with it. */
export type Checked = { readonly value: unknown } | { readonly error: UpsertError };

function refuse(code: UpsertErrorCode, message: string, ...path: string[]): Checked {
  return { error: { code, message, path } };
}

/** The key with its id and reference normalised, or undefined where it can name nothing. */
export function normalizeKey(key: RecordKey): RecordKey | undefined {
  const id = key.id === undefined ? undefined : normalizeId(key.id);
  const reference = key.reference === undefined ? undefined : normalizeReference(key.reference);
  if (key.reference !== undefined && !reference) return undefined;
  if (key.reference === undefined && id === undefined) return undefined;
  const sent = key.reference ?? key.id ?? '';
  if (id === undefined) return { sent, reference };
  return reference === undefined ? { sent, id } : { sent, reference, id };
}

function isKey(value: unknown): value is RecordKey {
  return typeof value === 'object' && value !== null;
}

function checkPaymentTypes(parameter: Parameter, value: unknown): Checked {
  if (!Array.isArray(value) || value.length > limits.values.paymentTypes) {
    return refuse('invalid_param_type', texts.invalidType(parameter.name), parameter.field);
  }
  const keys: RecordKey[] = [];
  for (const [index, entry] of value.entries()) {
    const key = isKey(entry) ? normalizeKey(entry) : undefined;
    if (!key) {
      return refuse('invalid_param_type', texts.invalidType('payment type id'), parameter.field, String(index));
    }
    keys.push(key);
  }
  return { value: keys };
}

/** Judges one value by its kind alone (rulings 11, 12, 20–25), normalising countries, currencies and keys. */
export function checkValue(parameter: Parameter, value: unknown): Checked {
  const { kind, field } = parameter;
  const invalid = () => refuse('invalid_param_type', texts.invalidType(parameter.name), field);
  switch (kind.type) {
    case 'text':
      return typeof value === 'string' && isStorable(value) && !isLongerThan(value, kind.max) ? { value } : invalid();
    case 'number':
      return typeof value === 'number' &&
        value >= kind.min &&
        value <= kind.max &&
        (!kind.integer || Number.isInteger(value))
        ? { value }
        : invalid();
    case 'boolean':
      return typeof value === 'boolean'
        ? { value }
        : refuse('invalid_param_type', texts.invalidBoolean(parameter.name), field);
    case 'country': {
      const code = typeof value === 'string' && isStorable(value) ? findCountryCode(value) : undefined;
      return code === undefined ? invalid() : { value: code };
    }
    case 'currency':
      return typeof value === 'string' && /^[a-z]{3}$/i.test(value) ? { value } : invalid();
    case 'relation': {
      const key = isKey(value) ? normalizeKey(value) : undefined;
      return key ? { value: key } : invalid();
    }
    case 'paymentTypes':
      return checkPaymentTypes(parameter, value);
    case 'dueDateType':
    case 'image':
      return { value };
  }
}
