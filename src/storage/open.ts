import type { BlobStore } from './blob-store.ts';
import { createDiskStore } from './disk.ts';
import type { S3Keys, S3Settings } from './s3-client.ts';

export type StorageSettings =
  | { readonly kind: 'disk'; readonly directory: string }
  | (S3Settings & { readonly kind: 's3'; readonly presigns: boolean });

/** A store ready to be used. Disposing closes its connections. */
export type OpenStore = Disposable & {
  readonly blobs: BlobStore;
  /** Throws a `StoreUnusableError` where the store is not usable as it is configured; answers a warning, if there is one. */
  readonly check: () => Promise<string | undefined>;
};

/** Opens the store the settings name, without asking it anything. `keys` are those of an S3-compatible one. */
export async function openStore(settings: StorageSettings, keys: S3Keys | undefined): Promise<OpenStore> {
  if (settings.kind === 'disk') {
    const check = () => Promise.resolve(undefined);
    return { blobs: createDiskStore(settings.directory), check, [Symbol.dispose]: () => undefined };
  }
  if (!keys) throw new TypeError('an S3 store needs keys');
  // The client takes a quarter of a second to load: only those who use it wait for it.
  const { createS3Store } = await import('./s3.ts');
  return createS3Store(settings, keys, settings);
}
