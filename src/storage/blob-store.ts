/** `size` in bytes; `body` holds nothing open while nobody reads, so it may be left unread. */
export type StoredBlob = { readonly size: number; readonly body: ReadableStream<Uint8Array> };

/** Where files are kept. A file is written once and never changes, so a key always means the same bytes. */
export type BlobStore = {
  /** Durable when it resolves: true when the file was created, false (and nothing changed) when the key exists. */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  read(key: string): Promise<StoredBlob | undefined>;
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

/**
 * The one place where unsafe keys end: nothing is ever stored under one, so reading or deleting it finds nothing.
 * Creating one is a mistake of ours and throws a TypeError. Every store is handed out through this.
 */
export function withSafeKeys(store: BlobStore): BlobStore {
  return {
    create: async (key, bytes) => {
      if (!isSafeKey(key)) throw new TypeError('a blob cannot be stored under an unsafe key');
      return await store.create(key, bytes);
    },
    read: async (key) => (isSafeKey(key) ? await store.read(key) : undefined),
    delete: async (keys) => await store.delete(keys.filter(isSafeKey)),
    check: () => store.check(),
    list: async function* () {
      for await (const entry of store.list()) if (isSafeKey(entry.key)) yield entry;
    },
  };
}
