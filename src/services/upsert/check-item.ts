import { type UpsertError, errorCatalogue, texts } from '../../contract/errors.ts';
import type { UploadedFile } from '../../contract/images.ts';
import type { Parameter } from '../../contract/parameters.ts';
import { normalizeReference } from '../../contract/references.ts';
import { checkValue } from './check.ts';
import type { CheckedItem, UpsertInput, UpsertIntent, UpsertItem } from './types.ts';

type References = {
  readonly errors: UpsertError[];
  readonly reference: string;
  readonly newReference: string | undefined;
};

function checkReferences(input: UpsertInput): References {
  const errors: UpsertError[] = [];
  const check = (text: string, field: string): string => {
    const reference = normalizeReference(text);
    if (reference === undefined) {
      errors.push({ code: 'invalid_param_type', message: texts.invalidType('reference'), path: [field] });
    }
    return reference ?? '';
  };
  const reference = check(input.reference, 'reference');
  if (reference === '' && errors.length === 0) {
    errors.push({ code: 'missing_param', message: texts.missing('reference'), path: ['reference'] });
  }
  const newReference = input.newReference ? check(input.newReference, 'newReference') : '';
  const isRename = newReference !== '' && newReference !== reference;
  return { errors, reference, newReference: isRename ? newReference : undefined };
}

/** The parameters by the input field that each of them is. */
type Fields = ReadonlyMap<string, Parameter>;

/** Of all items that nothing is wrong with. */
const nothingRefused: ReadonlySet<string> = new Set();
const usualIntent: UpsertIntent = {};

const indexes = new WeakMap<readonly Parameter[], Fields>();

function indexFields(parameters: readonly Parameter[]): Fields {
  const known = indexes.get(parameters);
  if (known) return known;
  const fields: Fields = new Map(parameters.map((parameter) => [parameter.field, parameter]));
  indexes.set(parameters, fields);
  return fields;
}

/**
 * Checks all of an item that can be judged without the database, and normalises it: references trimmed and NFC (ruling 3),
 * values by their kind. Whatever is unusable becomes an error and leaves the input. The errors are in no particular order.
 */
export function checkItem<Input extends UpsertInput>(
  item: UpsertItem<Input>,
  parameters: readonly Parameter[],
  imageOf: (input: Input) => UploadedFile | null | undefined,
): CheckedItem<Input> {
  const { errors: referenceErrors, reference, newReference } = checkReferences(item.input);
  const errors = [...item.problems, ...referenceErrors];
  const input = { ...item.input };
  const values: Record<string, unknown> = input;
  values['reference'] = reference;
  if (input.newReference !== undefined) values['newReference'] = newReference;
  for (const { path } of errors) Reflect.deleteProperty(input, path[0] ?? '');
  const fields = indexFields(parameters);
  // A row of a file has few of the forty fields: to ask for each of them took longer than all checks.
  for (const field of Object.keys(values)) {
    const parameter = fields.get(field);
    const value = values[field];
    if (!parameter || value === undefined || value === null) continue;
    const checked = checkValue(parameter, value);
    if ('value' in checked) {
      if (checked.value !== value) values[field] = checked.value;
      continue;
    }
    errors.push(checked.error);
    Reflect.deleteProperty(input, field);
  }
  const refused = errors.length > 0 ? new Set(errors.map(({ path }) => path[0] ?? '')) : nothingRefused;
  const { intent = usualIntent, door = 'graphql' } = item;
  return { input, errors, refused, image: imageOf(input) ?? undefined, intent, door };
}

/** The errors in the order REST reports them: by stage, then by the page's table (ruling 5). */
export function sortErrors(errors: readonly UpsertError[], parameters: readonly Parameter[]): readonly UpsertError[] {
  const position = (error: UpsertError) => parameters.findIndex(({ field }) => field === error.path[0]);
  const stage = (error: UpsertError) => (error.path[0] === 'reference' ? 0 : errorCatalogue[error.code].stage);
  return errors.toSorted((a, b) => stage(a) - stage(b) || position(a) - position(b));
}
