import path from 'node:path';
import type { Columns } from './columns.ts';
import { DelimitedReader } from './delimited-reader.ts';
import type { EmptyCells } from './draft.ts';
import { JsonReader } from './json-reader.ts';
import type { RowReader } from './rows.ts';

/** The formats a file may have. */
export const formats = ['csv', 'tsv', 'ndjson'] as const;
export type Format = (typeof formats)[number];

const byExtension = new Map<string, Format>([
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
]);

/** The format a file's name tells, also where `.gz` follows; undefined where it tells none. */
export function findFormat(file: string): Format | undefined {
  return byExtension.get(path.extname(file.replace(/\.gz$/i, '')).toLowerCase());
}

/** The name without the endings that tell the format and the compression. */
export function stripExtensions(file: string): string {
  const unpacked = file.replace(/\.gz$/i, '');
  const extension = path.extname(unpacked);
  return byExtension.has(extension.toLowerCase()) ? unpacked.slice(0, -extension.length) : unpacked;
}

/** A reader of that format; `empty` is about cells, since JSON has `null`. */
export function createReader(format: Format, columns: Columns, empty: EmptyCells): RowReader {
  if (format === 'ndjson') return new JsonReader(columns);
  return new DelimitedReader(columns, { empty, ...(format === 'tsv' && { delimiter: '\t' }) });
}
