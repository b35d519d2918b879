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

/** The value as the upsert's input has it. In a file, as in a form, a reference may be meant as an id too (ruling 26). */
function readInput(parameter: Parameter, value: unknown, mode: KeyMode): Reading {
  const reading = readTyped(parameter, value, mode);
  if (reading === 'absent' || !('value' in reading) || parameter.kind.type !== 'relation') return reading;
  return mode === 'either' && isReference(reading.value)
    ? { value: createReferenceKey(reading.value.reference, true) }
    : reading;
}

/** What a column's last text was read as: most texts of relations and of payment types stand in row after row. */
type Memory = { readonly text: string; readonly mode: KeyMode; readonly reading: Reading };

/** Reads the values of rows that have the same columns; texts are those of a form, other types those of JSON. */
export class DraftReader {
  readonly #columns: readonly Column[];
  readonly #empty: EmptyCells;
  readonly #modeColumn: number;
  /** All inputs begin as copies of it: an object that grows field by field takes longer. */
  readonly #blank: Draft['input'];
  readonly #memories: (Memory | undefined)[] = [];

  constructor(columns: readonly Column[], empty: EmptyCells) {
    this.#columns = columns;
    this.#empty = empty;
    this.#modeColumn = columns.findIndex(({ kind }) => kind === 'useExternalId');
    const fields = columns.flatMap((column) => (column.kind === 'parameter' ? [column.parameter.field] : []));
    this.#blank = { reference: '', ...Object.fromEntries(fields.map((field) => [field, undefined])) };
  }

  /** The draft of a row, whose values are each in the column of its place. */
  read(values: readonly unknown[]): Draft {
    const input: Record<string, unknown> & { reference: string } = { ...this.#blank };
    const problems: UpsertError[] = [];
    const mode = this.#readMode(values[this.#modeColumn] ?? '');
    if (mode === undefined) {
      const message = texts.invalidBoolean('useExternalId');
      problems.push({ code: 'invalid_param_type', message, path: ['useExternalId'] });
    }
    this.#columns.forEach((column, index) => {
      const value = values[index];
      if (column.kind === 'reference') {
        if (typeof value === 'string' || typeof value === 'number') input.reference = String(value);
        else
          problems.push({ code: 'invalid_param_type', message: texts.invalidType('reference'), path: ['reference'] });
      }
      if (column.kind !== 'parameter' || (value === '' && this.#empty === 'keep')) return;
      const { field } = column.parameter;
      const reading = this.#readCell(index, column.parameter, value, mode ?? 'either');
      if (reading === 'absent') return;
      if ('value' in reading) input[field] = reading.value;
      else problems.push({ ...reading, path: [field] });
    });
    return { input, problems };
  }

  /** How the row's relations are meant; undefined where that cannot be read. */
  #readMode(value: unknown): KeyMode | undefined {
    return typeof value === 'string' || typeof value === 'boolean' ? readKeyMode(String(value)) : undefined;
  }

  #readCell(index: number, parameter: Parameter, value: unknown, mode: KeyMode): Reading {
    if (typeof value !== 'string') return readInput(parameter, value, mode);
    const known = this.#memories[index];
    if (known?.text === value && known.mode === mode) return known.reading;
    const reading = readInput(parameter, value, mode);
    this.#memories[index] = { text: value, mode, reading };
    return reading;
  }
}
