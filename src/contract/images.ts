/** An image as a record keeps it: `path` is its key in the blob store, below the organization's folder; sizes in pixels. */
export type StoredImage = {
  readonly path: string;
  /** Of the bytes that were sent, so that the same file sent again changes nothing (ruling 18). */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
};

/** A file as a client sent it. `bytes` holds at most one byte more than is accepted: enough to see it is too large. */
export type UploadedFile = { readonly filename: string; readonly bytes: Uint8Array };

/** The sizes every image is kept in: the contract's prefix, and the square it fits, in pixels. */
export const renditions = [
  { prefix: '', box: null },
  { prefix: 'small_', box: 120 },
  { prefix: 'medium_', box: 480 },
] as const;

/** The path with `prefix` directly before its file name (ruling 39). */
export function prefixFileName(path: string, prefix: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + prefix + path.slice(slash);
}

/** The path that a row names for the file of any of its sizes: file names begin with digits, so a prefix is always ours. */
export function findNamedPath(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  const prefix = renditions.map((rendition) => rendition.prefix).find((each) => each && path.startsWith(each, slash));
  return path.slice(0, slash) + path.slice(slash + (prefix ?? '').length);
}
