/** The cells of one row and where in the text it ends; `isBroken` where something follows a closing quote. */
export type Split = { readonly cells: string[]; readonly end: number; readonly isBroken: boolean };

const carriageReturn = 0x0d;

/**
 * Splits text of whole lines into rows of cells (RFC 4180): a cell may be quoted, and then hold delimiters, line ends and
 * doubled quotes. A quote inside an unquoted cell is only a character. Ours, since the libraries that keep up with
 * the database say neither where a row begins nor stop at a quote that is never closed.
 */
export class RowSplitter {
  readonly #text: string;
  readonly #delimiter: string;
  /** The next of each from where we are; searched for only once passed. */
  #lineEnd = -1;
  #nextDelimiter = -1;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  /** The row that begins at `start`; undefined where the text ends inside its quotes. Each call begins no earlier than the last. */
  split(start: number): Split | undefined {
    const text = this.#text;
    const cells: string[] = [];
    for (let at = start; ;) {
      if (text[at] !== '"') {
        const lineEnd = this.#findLineEnd(at);
        const next = this.#findDelimiter(at);
        if (next > lineEnd) return this.#endRow(cells, at, false);
        cells.push(text.slice(at, next));
        at = next + 1;
        continue;
      }
      const closing = this.#findClosingQuote(at + 1);
      if (closing === -1) return undefined;
      const after = closing + 1;
      const lineEnd = this.#findLineEnd(after);
      const isLast = after === lineEnd || (after + 1 === lineEnd && text.charCodeAt(after) === carriageReturn);
      if (!isLast && text[after] !== this.#delimiter) return this.#endRow(cells, at, true);
      cells.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      if (isLast) return { cells, end: lineEnd + 1, isBroken: false };
      at = after + 1;
    }
  }

  /** The row whose last cell begins at `at` and goes to the end of the line. */
  #endRow(cells: string[], at: number, isBroken: boolean): Split {
    const lineEnd = this.#lineEnd;
    const hasReturn = lineEnd > at && this.#text.charCodeAt(lineEnd - 1) === carriageReturn;
    cells.push(this.#text.slice(at, hasReturn ? lineEnd - 1 : lineEnd));
    return { cells, end: lineEnd + 1, isBroken };
  }

  #findLineEnd(at: number): number {
    if (this.#lineEnd < at) this.#lineEnd = this.#text.indexOf('\n', at);
    return this.#lineEnd;
  }

  #findDelimiter(at: number): number {
    if (this.#nextDelimiter < at) {
      const found = this.#text.indexOf(this.#delimiter, at);
      this.#nextDelimiter = found === -1 ? Infinity : found;
    }
    return this.#nextDelimiter;
  }

  #findClosingQuote(from: number): number {
    let at = this.#text.indexOf('"', from);
    while (at !== -1 && this.#text[at + 1] === '"') at = this.#text.indexOf('"', at + 2);
    return at;
  }
}

/** The cell as it stands in a file: quoted where it would be read as something else. */
export function renderCell(cell: string, delimiter: string): string {
  const isPlain = !cell.includes(delimiter) && !/["\r\n]/.test(cell);
  return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
}
