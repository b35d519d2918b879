import { limits } from '../contract/limits.ts';
import { type Column, type Columns, describeUnknown, rejectedColumns } from './columns.ts';
import { RowSplitter, renderCell } from './delimited.ts';
import { DraftReader, type EmptyCells } from './draft.ts';
import { type Row, type RowReader, UnreadableFileError } from './rows.ts';

type Header = {
  readonly delimiter: string;
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly drafts: DraftReader;
};

/** Columns are known names, which hold neither: some programs write semicolons where the comma is a decimal sign. */
function findDelimiter(header: string): string {
  return !header.includes(',') && header.includes(';') ? ';' : ',';
}

function findHeaderProblems(names: readonly string[], columns: Columns): string[] {
  const unknown = names.filter((name) => !columns.has(name)).map((name) => describeUnknown(name, columns));
  const twice = names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} is there twice`);
  return [...unknown, ...twice, ...(names.includes('reference') ? [] : ['there is no column reference'])];
}

function readHeader(cells: readonly string[], delimiter: string, known: Columns, empty: EmptyCells): Header {
  const names = cells.map((cell) => cell.trim());
  const problems = findHeaderProblems(names, known);
  if (problems.length === 0) {
    const columns = names.flatMap((name) => known.get(name) ?? []);
    return { delimiter, names, columns, drafts: new DraftReader(columns, empty) };
  }
  const list = [...known.keys()].filter((name) => !rejectedColumns.some((own) => own === name)).join(', ');
  throw new UnreadableFileError(`The header is wrong: ${problems.join('; ')}. The columns are ${list}.`);
}

function countLineEnds(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Reads a table of texts with a header, such as CSV: with commas, or semicolons where the header has them, unless told. */
export class DelimitedReader implements RowReader {
  readonly #known: Columns;
  readonly #empty: EmptyCells;
  readonly #delimiter: string | undefined;
  #header: Header | undefined;
  #line = 1;
  /** What the last block left of a row that goes on. */
  #rest = '';

  constructor(columns: Columns, { empty, delimiter }: { readonly empty: EmptyCells; readonly delimiter?: string }) {
    this.#known = columns;
    this.#empty = empty;
    this.#delimiter = delimiter;
  }

  read(block: string): readonly Row[] {
    const text = this.#rest + block;
    const delimiter = this.#header?.delimiter ?? this.#delimiter ?? findDelimiter(text.slice(0, text.indexOf('\n')));
    const splitter = new RowSplitter(text, delimiter);
    const rows: Row[] = [];
    let start = 0;
    while (start < text.length) {
      const split = splitter.split(start);
      if (!split) break;
      const { cells, end, isBroken } = split;
      const raw = text.slice(start, end);
      const isBlank = cells.length === 1 && cells[0]?.trim() === '';
      if (!isBlank && this.#header) rows.push(this.#readRow(this.#header, cells, isBroken, raw));
      else if (!isBlank) this.#header = readHeader(cells, delimiter, this.#known, this.#empty);
      this.#line += countLineEnds(raw);
      start = end;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > limits.imports.rowCharacters) this.#failInsideRow();
    return rows;
  }

  end(): void {
    if (this.#rest !== '') this.#failInsideRow();
    if (!this.#header) throw new UnreadableFileError('There is no header.');
  }

  rejectedHeader(): string {
    return this.#render([...rejectedColumns, ...this.#pickOriginal(this.#header?.names ?? [])]);
  }

  renderRejected({ line, raw }: Row, reason: string): string {
    const { delimiter = ',' } = this.#header ?? {};
    const { cells } = new RowSplitter(raw, delimiter).split(0) ?? { cells: [raw] };
    return this.#render([String(line), reason, ...this.#pickOriginal(cells)]);
  }

  #readRow({ columns, drafts }: Header, cells: readonly string[], isBroken: boolean, raw: string): Row {
    const line = this.#line;
    if (isBroken) {
      return { line, raw, content: { unreadable: `Cell ${cells.length} goes on after its closing quote.` } };
    }
    if (cells.length !== columns.length) {
      const unreadable = `The row has ${cells.length} cells, the header ${columns.length}.`;
      return { line, raw, content: { unreadable } };
    }
    return { line, raw, content: drafts.read(cells) };
  }

  /** The cells of a row without those that an earlier import added. */
  #pickOriginal(cells: readonly string[]): readonly string[] {
    return cells.filter((_, index) => this.#header?.columns[index]?.kind !== 'ignored');
  }

  #render(cells: readonly string[]): string {
    const { delimiter = ',' } = this.#header ?? {};
    return `${cells.map((cell) => renderCell(cell, delimiter)).join(delimiter)}\n`;
  }

  #failInsideRow(): never {
    throw new UnreadableFileError(`The row that begins in line ${this.#line} does not end: a quote is not closed.`);
  }
}
