import { type UpsertError, type UpsertErrorCode, texts } from '../contract/errors.ts';
import { normalizeId } from '../contract/ids.ts';
import type { Parameter, ParameterKind } from '../contract/parameters.ts';
import { ReceivedFile } from '../graphql/upload.ts';
import type { Form, FormField } from './form.ts';
import { readPaymentTypes } from './payment-types.ts';
import type { FormRules } from './resources.ts';
import { readBoolean, readInteger, readNumber } from './scalars.ts';

/** A form as the mutation's input. `problems` name what could not be read and was left out. */
export type CoercedForm = {
  readonly input: Readonly<Record<string, unknown>>;
  readonly problems: readonly UpsertError[];
  readonly referencesMayBeIds: boolean;
};

/** How relations are meant (ruling 26): references, ids, or references that may be ids. */
type KeyMode = 'either' | 'reference' | 'id';

type Coerced = { readonly value: unknown } | { readonly code: UpsertErrorCode; readonly message: string } | 'absent';

const dueDateConfigTypes = new Map([
  ['1', 'DAYS_AFTER_INVOICE_DATE'],
  ['2', 'DAYS_AFTER_END_OF_INVOICE_MONTH'],
  ['daysAfterInvoiceDate', 'DAYS_AFTER_INVOICE_DATE'],
  ['daysAfterEndOfInvoiceMonth', 'DAYS_AFTER_END_OF_INVOICE_MONTH'],
]);

function invalid(parameter: string): Coerced {
  return { code: 'invalid_param_type', message: texts.invalidType(parameter) };
}

function orInvalid(value: unknown, parameter: string): Coerced {
  return value === undefined ? invalid(parameter) : { value };
}

/** What a present and empty parameter means: cleared, or as if it were absent (ruling 17). */
function coerceEmpty({ name, kind }: Parameter): Coerced {
  const isAbsent = kind.type === 'boolean' || kind.type === 'currency' || kind.type === 'image' || name === 'userId';
  return isAbsent ? 'absent' : { value: null };
}

/** Ids are passed on as they were sent, since error texts quote them (ruling 6). */
function coerceRelation({ name, kind }: Parameter, text: string, mode: KeyMode): Coerced {
  const isRegion = kind.type === 'relation' && kind.noun === 'region';
  if (mode !== 'id' && !isRegion) return { value: { reference: text } };
  if (normalizeId(text) === undefined) return invalid(name);
  return { value: isRegion ? text : { id: text } };
}

/** Only numbers within the kind's range: GraphQL's own types would refuse some others without a word of the contract. */
function coerceNumber(kind: Extract<ParameterKind, { type: 'number' }>, text: string): Coerced | undefined {
  const value = kind.integer ? readInteger(text) : readNumber(text);
  return value !== undefined && value >= kind.min && value <= kind.max ? { value } : undefined;
}

function coercePaymentTypes(text: string): Coerced {
  const reading = readPaymentTypes(text);
  return reading.ok ? { value: reading.ids.map((id) => ({ id })) } : invalid(reading.parameter);
}

function coerceText(parameter: Parameter, text: string, mode: KeyMode): Coerced {
  const { kind, name } = parameter;
  if (text === '' || (name === 'isRoot' && text === 'null')) return coerceEmpty(parameter);
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
      return coerceNumber(kind, text) ?? invalid(name);
    case 'dueDateType':
      return orInvalid(dueDateConfigTypes.get(text), name);
    case 'relation':
      return coerceRelation(parameter, text, mode);
    case 'paymentTypes':
      return coercePaymentTypes(text);
    case 'image':
      return { code: 'unsupported_file_type', message: texts.fileNotSupported };
  }
}

function coerce(parameter: Parameter, field: FormField, mode: KeyMode): Coerced {
  switch (field.kind) {
    case 'file':
      return { value: new ReceivedFile(field) };
    case 'text':
      return coerceText(parameter, field.value, mode);
    case 'unreadable':
      return invalid(parameter.name);
  }
}

/** A parameter beside the page's table: its text, `''` while absent; undefined where it is no text. */
function readText(form: Form, name: string): string | undefined {
  const field = form.get(name);
  if (!field) return '';
  return field.kind === 'text' ? field.value : undefined;
}

/** `useExternalId=true` means references only, `false` ids only (ruling 26); undefined where it is neither. */
function readKeyMode(form: Form): KeyMode | undefined {
  const text = readText(form, 'useExternalId');
  if (text === '') return 'either';
  const value = text === undefined ? undefined : readBoolean(text);
  if (value === undefined) return undefined;
  return value ? 'reference' : 'id';
}

/**
 * Turns a form into the mutation's input, by the page's table: each parameter is read as its kind, an empty one clears or is
 * absent (ruling 17), unknown ones are ignored (ruling 10), the Required column holds on every call (ruling 14).
 */
export function coerceForm(form: Form, reference: string, rules: FormRules): CoercedForm {
  const input: Record<string, unknown> = { reference };
  const problems: UpsertError[] = [];
  const refuse = (code: UpsertErrorCode, message: string, field: string) =>
    problems.push({ code, message, path: [field] });
  const newReference = readText(form, 'reference');
  if (newReference === undefined) refuse('invalid_param_type', texts.invalidType('reference'), 'newReference');
  else if (newReference !== '') input['newReference'] = newReference;
  const mode = readKeyMode(form);
  if (mode === undefined) refuse('invalid_param_type', texts.invalidBoolean('useExternalId'), 'useExternalId');
  for (const parameter of rules.parameters) {
    const field = form.get(parameter.name);
    if (!field || parameter.graphqlOnly) continue;
    const coerced = coerce(parameter, field, mode ?? 'either');
    if (coerced === 'absent') continue;
    if ('value' in coerced) input[parameter.field] = coerced.value;
    else refuse(coerced.code, coerced.message, parameter.field);
  }
  const refused = new Set(problems.map(({ path }) => path[0]));
  for (const name of rules.required(input, refused)) {
    const field = rules.parameters.find((parameter) => parameter.name === name)?.field ?? name;
    if (refused.has(field) || (input[field] ?? null) !== null) continue;
    refuse('missing_param', texts.missing(name), field);
  }
  return { input, problems, referencesMayBeIds: mode === 'either' };
}
