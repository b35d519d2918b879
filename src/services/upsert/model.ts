import type { StoredImage, UploadedFile } from '../../contract/images.ts';
import type { Parameter } from '../../contract/parameters.ts';
import type { Database } from '../../db/schema.ts';
import type { Stored } from '../records.ts';
import type { Ancestors } from './ancestors.ts';
import type { Index } from './relations.ts';
import type { CheckedItem, UpsertInput, UpsertResult, Verdict } from './types.ts';
import type { WriteChanges } from './write.ts';

/** What every record that is upserted has. */
export type AnyState = { readonly reference: string; readonly parentId: number | null };

/** What every reading brings. */
export type AnySnapshot = { readonly ancestors: Ancestors };

/** The types of one kind of record. */
export type Kind = { readonly input: UpsertInput; readonly state: AnyState; readonly snapshot: AnySnapshot };

export type RowOf<K extends Kind> = K['state'] & Stored;
export type ResultOf<K extends Kind> = UpsertResult<RowOf<K>, K['snapshot']>;

/** What a judgement knows beside the snapshot. */
export type World = {
  /** The caller's own user, if any. */
  readonly userId: number | null;
  /** The upload's, with an empty path while it is not stored. */
  readonly newImage: StoredImage | undefined;
  /** Of the parents that the inputs name. */
  readonly ancestors: Ancestors;
  /** What inputs before this one claim. */
  readonly claimed: ReadonlySet<string>;
};

/** References that an input rests on, those of them that it does if it creates its record, and names that only one input of a round may claim. */
export type Ties = {
  readonly needs: readonly string[];
  readonly needsIfNew: readonly string[];
  readonly claims: readonly string[];
};

/** What a reading is for: inputs and the users who sent them. Only answers need what is related to the stored records. */
export type Wanted<Input> = {
  readonly inputs: readonly Input[];
  readonly userIds: readonly number[];
  readonly withRelated: boolean;
};

/** Where a kind of record has its image. */
export type ImageField<K extends Kind> = {
  /** In the input. */
  readonly name: string;
  readonly folder: string;
  readonly ofInput: (input: K['input']) => UploadedFile | null | undefined;
  readonly ofState: (state: K['state']) => StoredImage | null;
  readonly into: (state: K['state'], image: StoredImage) => K['state'];
};

/** What one kind of record brings to the upsert: its rules are here, the order of events is the engine's. */
export type UpsertModel<K extends Kind> = {
  readonly parameters: readonly Parameter[];
  readonly image: ImageField<K>;
  readonly table: string;
  readonly read: (db: Database, organizationId: number, wanted: Wanted<K['input']>) => Promise<K['snapshot']>;
  readonly write: WriteChanges<K['state']>;
  /** The records of this kind that were read. */
  readonly rowsOf: (snapshot: K['snapshot']) => Index<RowOf<K>>;
  /** Pure. */
  readonly judge: (
    item: CheckedItem<K['input']>,
    snapshot: K['snapshot'],
    world: World,
  ) => Verdict<K['state'], RowOf<K>>;
  /** What ties an input to others, beside its own references: it must come after what claims what it needs. */
  readonly tiesOf: (input: K['input']) => Ties;
};
