import { type UpsertError, texts } from '../contract/errors.ts';
import type { Parameter } from '../contract/parameters.ts';
import { type KeyMode, type Reading, readInvalid, readKeyMode, readValue } from '../contract/values.ts';
import { createReferenceKey } from '../services/upsert/relations.ts';
import type { Column } from './columns.ts';

/** A row as an upsert's input. `problems` name what could not be read and was left out. */
export type Draft = {
  readonly input: Readonly<Record<string, unknown>> & { readonly reference: string };
  readonly problems: readonly UpsertError[];
};

/** What an empty cell does: as an empty parameter of a form (ruling 17), or nothing. */
export type EmptyCells = 'clear' | 'keep';

/** A number names a record by its id only. */
function readNumberValue(parameter: Parameter, value: number): Reading {
  const { kind, name } = parameter;
  if (kind.type === 'number') return { value };
  const isWord = kind.type === 'relation' || kind.type === 'dueDateType';
  return isWord && Number.isSafeInteger(value) ? readValue(parameter, String(value), 'id') : readInvalid(name);
}

/** A text is read as in a form, everything else by its type; `null` clears. */
function readTyped(parameter: Parameter, value: unknown, mode: KeyMode): Reading {
  if (typeof value === 'string') return readValue(parameter, value, mode);
  if (value === null) return { value };
  if (typeof value === 'number') return readNumberValue(parameter, value);
  if (typeof value === 'boolean' && parameter.kind.type === 'boolean') return { value };
  if (Array.isArray(value) && parameter.kind.type === 'paymentTypes') {
    return readValue(parameter, JSON.stringify(value), mode);
  }
  return readInvalid(parameter.name);
}

function isReference(value: unknown): value is { readonly reference: string } {
  return typeof value === 'object' && value !== null && 'reference' in value && typeof value.reference === 'string';
}

/** In a file, as in a form, a reference may be meant as an id too (ruling 26). */
function toInputValue({ kind }: Parameter, value: unknown, mode: KeyMode): unknown {
  return kind.type === 'relation' && mode === 'either' && isReference(value)
    ? createReferenceKey(value.reference, true)
    : value;
}

/** Where the columns hold `useExternalId`, how the row's relations are meant; undefined where that cannot be read. */
function findKeyMode(columns: readonly Column[], values: readonly unknown[]): KeyMode | undefined {
  const value = values[columns.findIndex(({ kind }) => kind === 'useExternalId')] ?? '';
  return typeof value === 'string' || typeof value === 'boolean' ? readKeyMode(String(value)) : undefined;
}

/** Reads the values of a row, each in the column of its place; texts are those of a form, other types those of JSON. */
export function createDraft(columns: readonly Column[], values: readonly unknown[], empty: EmptyCells): Draft {
  const input: Record<string, unknown> & { reference: string } = { reference: '' };
  const problems: UpsertError[] = [];
  const mode = findKeyMode(columns, values);
  if (mode === undefined) {
    const message = texts.invalidBoolean('useExternalId');
    problems.push({ code: 'invalid_param_type', message, path: ['useExternalId'] });
  }
  for (const [index, column] of columns.entries()) {
    const value = values[index];
    if (column.kind === 'reference') {
      if (typeof value === 'string' || typeof value === 'number') input.reference = String(value);
      else problems.push({ code: 'invalid_param_type', message: texts.invalidType('reference'), path: ['reference'] });
    }
    if (column.kind !== 'parameter' || (value === '' && empty === 'keep')) continue;
    const { parameter } = column;
    const reading = readTyped(parameter, value, mode ?? 'either');
    if (reading === 'absent') continue;
    if ('value' in reading) input[parameter.field] = toInputValue(parameter, reading.value, mode ?? 'either');
    else problems.push({ ...reading, path: [parameter.field] });
  }
  return { input, problems };
}
