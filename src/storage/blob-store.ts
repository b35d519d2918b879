import { StorageError } from './errors.ts';

/** `size` in bytes; `body` holds nothing open while nobody reads, so it may be left unread. */
export type StoredBlob = { readonly size: number; readonly body: ReadableStream<Uint8Array> };

/** An address that needs no credentials, for one method, for so many seconds. */
export type PresignedUrl = { readonly url: string; readonly seconds: number };

/**
 * Where files are kept. A file is written once and never changes, so a key always means the same bytes. Every verb rejects
 * with a `StorageError` where the store cannot do its part.
 */
export type BlobStore = {
  /** Durable when it resolves: true when the file was created, false (and nothing changed) when the key is taken. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  read(key: string): Promise<StoredBlob | undefined>;
  /** Where the file is fetched from the store itself; undefined when there is none. Absent where files are read by `read`. */
  readonly presign?: (key: string, method: 'GET' | 'HEAD') => Promise<PresignedUrl | undefined>;
  /** Keys that don't exist are fine. */
  delete(keys: readonly string[]): Promise<void>;
  /** Throws where files can be neither read nor created just now. */
  check(): Promise<void>;
  /** Every file, in no order; files created or deleted meanwhile may be missing or in it. */
  list(): AsyncIterable<{ readonly key: string; readonly modifiedAt: Date }>;
};

const maxKeyLength = 300;
const safeKey = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/){2}[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Whether this is `<folder>/<kind>/<file>`, of `A-Za-z0-9._-`, no part starting with a dot, at most 300 characters. */
export function isSafeKey(key: string): boolean {
  return key.length <= maxKeyLength && safeKey.test(key);
}

async function tellFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StorageError(error);
  }
}

/**
 * The one place where unsafe keys end: nothing is ever stored under one, so reading or deleting it finds nothing, and
 * creating one is a mistake of ours that throws a TypeError. What fails in the store itself leaves here as a
 * `StorageError`. Every store is handed out through this.
 */
export function guardStore(store: BlobStore): BlobStore {
  const { presign } = store;
  return {
    create: async (key, bytes) => {
      if (!isSafeKey(key)) throw new TypeError('a blob cannot be stored under an unsafe key');
      return await tellFailure(() => store.create(key, bytes));
    },
    read: async (key) => (isSafeKey(key) ? await tellFailure(() => store.read(key)) : undefined),
    ...(presign && {
      presign: async (key: string, method: 'GET' | 'HEAD') =>
        isSafeKey(key) ? await tellFailure(() => presign(key, method)) : undefined,
    }),
    delete: async (keys) => await tellFailure(() => store.delete(keys.filter(isSafeKey))),
    check: async () => await tellFailure(() => store.check()),
    list: async function* () {
      const entries = store.list()[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await tellFailure(() => entries.next());
          if (next.done) return;
          if (isSafeKey(next.value.key)) yield next.value;
        }
      } finally {
        await entries.return?.();
      }
    },
  };
}
