import type { Actor } from '../../actor.ts';
import type { StoredImage, UploadedFile } from '../../contract/images.ts';
import type { Parameter } from '../../contract/parameters.ts';
import type { Database } from '../../db/schema.ts';
import type { Stored } from '../records.ts';
import type { Ancestors } from './ancestors.ts';
import type { CheckedItem, UpsertInput, Verdict } from './types.ts';
import type { WriteTarget } from './write.ts';

/** What a judgement knows beside the snapshot: `newImage` is the upload's, with an empty path while it is not stored. */
export type World = {
  readonly actor: Actor;
  readonly newImage: StoredImage | undefined;
  /** Of the parents that the inputs name. */
  readonly ancestors: Ancestors;
};

/** References that an input rests on, and names that only one input of a round may claim. */
export type Ties = { readonly needs: readonly string[]; readonly claims: readonly string[] };

/** What every model's reading brings. */
export type Read = { readonly ancestors: Ancestors };

/** What one kind of record brings to the upsert: its rules are here, the order of events is the engine's. */
export type UpsertModel<Input extends UpsertInput, State, Row extends State & Stored, Snapshot extends Read> = {
  readonly parameters: readonly Parameter[];
  readonly image: {
    readonly field: string;
    readonly folder: string;
    readonly ofInput: (input: Input) => UploadedFile | null | undefined;
    readonly ofState: (state: State) => StoredImage | null;
    readonly into: (state: State, image: StoredImage) => State;
  };
  readonly target: WriteTarget<State>;
  readonly read: (db: Database, actor: Actor, inputs: readonly Input[]) => Promise<Snapshot>;
  readonly find: (snapshot: Snapshot, reference: string) => Row | undefined;
  /** Pure. */
  readonly judge: (item: CheckedItem<Input>, snapshot: Snapshot, world: World) => Verdict<State, Row>;
  /** What ties an input to others of one list, beside its own references: it must come after what claims what it needs. */
  readonly tiesOf: (input: Input) => Ties;
  readonly parentOf: (state: State) => number | null;
  readonly toRow: (state: State, stored: Stored) => Row;
};
