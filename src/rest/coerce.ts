import { type UpsertError, type UpsertErrorCode, texts } from '../contract/errors.ts';
import type { Parameter } from '../contract/parameters.ts';
import { type KeyMode, type Reading, readInvalid, readKeyMode, readValue } from '../contract/values.ts';
import { ReceivedFile } from '../graphql/upload.ts';
import type { Form, FormField } from './form.ts';
import type { FormRules } from './resources.ts';

/** A form as the mutation's input. `problems` name what could not be read and was left out. */
export type CoercedForm = {
  readonly input: Readonly<Record<string, unknown>>;
  readonly problems: readonly UpsertError[];
  readonly referencesMayBeIds: boolean;
};

/** The name of an enum value in GraphQL: `daysAfterInvoiceDate` is `DAYS_AFTER_INVOICE_DATE`. */
function toEnumName(name: string): string {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase();
}

function isKeyedById(value: unknown): value is { readonly id: string } {
  return typeof value === 'object' && value !== null && 'id' in value;
}

/** The value as the mutation's input spells it. */
function toGraphValue({ kind }: Parameter, value: unknown): unknown {
  if (kind.type === 'dueDateType' && typeof value === 'string') return toEnumName(value);
  return kind.type === 'relation' && kind.noun === 'region' && isKeyedById(value) ? value.id : value;
}

function coerceText(parameter: Parameter, text: string, mode: KeyMode): Reading {
  const reading = readValue(parameter, text, mode);
  return reading !== 'absent' && 'value' in reading ? { value: toGraphValue(parameter, reading.value) } : reading;
}

function coerce(parameter: Parameter, field: FormField, mode: KeyMode): Reading {
  switch (field.kind) {
    case 'file':
      return { value: new ReceivedFile(field) };
    case 'text':
      return coerceText(parameter, field.value, mode);
    case 'unreadable':
      return readInvalid(parameter.name);
  }
}

/** A parameter beside the page's table: its text, `''` while absent; undefined where it is no text. */
function readText(form: Form, name: string): string | undefined {
  const field = form.get(name);
  if (!field) return '';
  return field.kind === 'text' ? field.value : undefined;
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
  const keyMode = readText(form, 'useExternalId');
  const mode = keyMode === undefined ? undefined : readKeyMode(keyMode);
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
