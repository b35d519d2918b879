import type { Actor } from '../../actor.ts';
import type { StoredImage, UploadedFile } from '../../contract/images.ts';
import type { Parameter } from '../../contract/parameters.ts';
import type { Database } from '../../db/schema.ts';
import type { Stored } from '../records.ts';
import type { CheckedItem, UpsertInput, Verdict } from './types.ts';
import type { WriteTarget } from './write.ts';

/** The line of ancestors, child to parent by id. */
export type Ancestors = ReadonlyMap<number, number | null>;

/** Whether following `ancestors` up from `parentId` leads to `id`; without ancestors it looks at the parent alone. */
export function leadsTo(id: number, parentId: number, ancestors: Ancestors = new Map()): boolean {
  const seen = new Set<number>();
  for (let at: number | null | undefined = parentId; at && !seen.has(at); at = ancestors.get(at)) {
    if (at === id) return true;
    seen.add(at);
  }
  return false;
}

/** What a judgement knows beside the snapshot: `newImage` is the upload's, with an empty path while it is not stored. */
export type World = {
  readonly actor: Actor;
  readonly newImage: StoredImage | undefined;
  /** Known only under the hierarchy's lock. */
  readonly ancestors: Ancestors | undefined;
};

/** What one kind of record brings to the upsert: its rules are here, the order of events is the engine's. */
export type UpsertModel<Input extends UpsertInput, State, Row extends State & Stored, Snapshot> = {
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
  readonly parentOf: (state: State) => number | null;
  readonly toRow: (state: State, stored: Stored) => Row;
};
