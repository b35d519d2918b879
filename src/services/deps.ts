import type { Actor } from '../actor.ts';
import type { ChangeSignal } from '../db/change-signal.ts';
import { inOrganization } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import type { ImageRenderer } from '../images/render.ts';
import type { Tracer, UpsertMonitor } from '../monitor.ts';
import type { BlobStore } from '../storage/blob-store.ts';

/** How long a call may go round again, in milliseconds: while others are always first, and while the database is away. */
export type Patience = { readonly races: number; readonly outages: number };

/** What upserts need of the world. */
export type UpsertDeps = {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly images: ImageRenderer;
  readonly now: () => Date;
  /** Where committed changes are announced to those who follow them, if anywhere. */
  readonly signal?: ChangeSignal;
  /** Told of failures of the image store, which callers only hear of as unavailable. */
  readonly report?: ((failure: unknown) => void) | undefined;
  /** Told of what is done, if anybody wants to know. */
  readonly monitor?: UpsertMonitor | undefined;
  readonly tracer?: Tracer | undefined;
  /** Where it is not the usual one. */
  readonly patience?: Patience | undefined;
};

/** The database as the actor's organization sees it. */
export function databaseOf({ db }: Pick<UpsertDeps, 'db'>, { organization }: Actor): Database {
  return inOrganization(db, organization.id);
}
