/** Bytes collected up to a limit. */
export type Bytes = {
  /** Copies what fits below the limit and drops the rest. */
  append(chunk: Uint8Array): void;
  /** What was collected so far. */
  read(): Buffer;
};

/** A buffer that grows as needed and never beyond `limit` bytes. Many tiny chunks cost no more than one large one. */
export function createBytes(limit: number): Bytes {
  let buffer = Buffer.alloc(0);
  let length = 0;
  return {
    append(chunk) {
      const end = Math.min(length + chunk.length, limit);
      if (end > buffer.length) {
        const larger = Buffer.alloc(Math.min(limit, Math.max(end, buffer.length * 2)));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(chunk.subarray(0, end - length), length);
      length = end;
    },
    read: () => buffer.subarray(0, length),
  };
}
