import type { Draft } from './draft.ts';

/** A row of a file. `raw` is its text to the end of its last line. */
export type Row = {
  readonly line: number;
  readonly raw: string;
  /** What it says, or why the row as a whole cannot be read. */
  readonly content: Draft | { readonly unreadable: string };
};

/** Reads rows of one format, in the order of the file, from blocks of whole lines. */
export type RowReader = {
  /** The rows that end in this block. Throws an `UnreadableFileError` where no further row can be told. */
  readonly read: (block: string) => readonly Row[];
  /** Throws an `UnreadableFileError` where the file ends inside a row or before its header. */
  readonly end: () => void;
  /** What a file of refused rows begins with. */
  readonly rejectedHeader: () => string;
  /** The row as it stands in a file of refused rows, which the same reader reads: `line` and `reason` are ignored. */
  readonly renderRejected: (row: Row, reason: string) => string;
};

/** A file that cannot be read any further; the message names the line. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}
