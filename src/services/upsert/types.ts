import type { UploadedFile } from '../../contract/images.ts';
import type { UpsertError } from '../../contract/errors.ts';
import type { UpsertWarning } from '../../contract/warnings.ts';
import type { Door } from '../changes/change.ts';
import type { Stored } from '../records.ts';

/** Names one record. With both keys the reference is tried first, then the id (ruling 26); `sent` is for error texts. */
export type RecordKey = {
  readonly reference?: string | undefined;
  readonly id?: string | undefined;
  readonly sent?: string;
};

/** What every upsert takes: `undefined` keeps what is stored, `null` clears it (rulings 13, 17). */
export type UpsertInput = { readonly reference: string; readonly newReference?: string | null | undefined };

/** What the caller wants to happen only: `create` and `update` refuse a record that does, or does not, exist. */
export type UpsertMode = 'upsert' | 'create' | 'update';

/** What the caller expects of the record: `ifVersion` refuses any other stored version. */
export type UpsertIntent = { readonly mode?: UpsertMode; readonly ifVersion?: number | null | undefined };

/** How a list is upserted: `validateOnly` does all of it, images included, and keeps nothing. */
export type UpsertOptions = { readonly validateOnly?: boolean };

/**
 * One record to upsert. `problems` are what the edge found wrong while it read the input: the item is refused with them
 * and with whatever else is wrong, in one order, and the fields they name are not judged again.
 */
export type UpsertItem<Input> = {
  readonly input: Input;
  readonly problems: readonly UpsertError[];
  readonly intent?: UpsertIntent;
  /** How it came in, for the feed of changes; GraphQL unless told. */
  readonly door?: Door;
};

export type UpsertOutcome = 'created' | 'updated' | 'unchanged';

/** What became of one item. `related` is what was read on the way: where records are answered it spares further queries. */
export type UpsertResult<Row, Related> =
  | {
      readonly ok: true;
      readonly record: Row;
      readonly outcome: UpsertOutcome;
      readonly changedFields: readonly string[];
      /** The record as it was before; undefined when it was created. */
      readonly previous: Row | undefined;
      readonly warnings: readonly UpsertWarning[];
      readonly related: Related;
    }
  | { readonly ok: false; readonly errors: readonly UpsertError[] };

/** An item after the checks that need no database: `input` holds only usable fields, normalised. */
export type CheckedItem<Input> = {
  readonly input: Input;
  readonly errors: readonly UpsertError[];
  /** Fields that were sent and are unusable: they are neither merged nor missed. */
  readonly refused: ReadonlySet<string>;
  readonly image: UploadedFile | undefined;
  readonly intent: UpsertIntent;
  readonly door: Door;
};

/** The judgement on one item, by what is stored now. */
export type Verdict<State, Row> =
  | { readonly kind: 'refused'; readonly errors: readonly UpsertError[] }
  | { readonly kind: 'unchanged'; readonly record: Row; readonly warnings: readonly UpsertWarning[] }
  | WriteVerdict<State, Row>;

/** The judgement that something is to be written. */
export type WriteVerdict<State, Row> = {
  readonly kind: 'write';
  readonly existing: Row | undefined;
  readonly next: State;
  readonly changedFields: readonly string[];
  readonly warnings: readonly UpsertWarning[];
  /** An existing record gets another parent: to be judged again under the hierarchy's lock (ruling 35). */
  readonly moves: boolean;
};

/** A row to write: an insert without `existing`, else an update of exactly that version. */
export type Change<State> = {
  readonly existing: (State & Stored) | undefined;
  readonly next: State;
  /** The id of an insert that others of the same statement refer to; else the database chooses one. */
  readonly newId: number | undefined;
  readonly changedFields: readonly string[];
  readonly door: Door;
  readonly userId: number | null;
};
