import type { ChangeSignal } from '../db/change-signal.ts';
import type { Database } from '../db/schema.ts';
import type { ImageRenderer } from '../images/render.ts';
import type { BlobStore } from '../storage/blob-store.ts';

/** What upserts need of the world. */
export type UpsertDeps = {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly images: ImageRenderer;
  readonly now: () => Date;
  /** Where committed changes are announced to those who follow them, if anywhere. */
  readonly signal?: ChangeSignal;
  /** Told of what went wrong with one item of several, which its answer tells no more of than that. */
  readonly report?: (failure: unknown) => void;
};
