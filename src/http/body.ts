/** A body that can be left half read: what remains is read and thrown away, so that the client gets to see the answer. */
export type RequestBody = {
  readonly chunks: AsyncIterable<Uint8Array> | null;
  /** Reads on to the end, or to `limit` bytes. Never rejects. */
  readonly drain: (limit: number) => Promise<void>;
};

/** A body of which each `read` goes on where the one before was left, and which `cancel` cuts off. */
export function createBody(read: () => AsyncIterable<Uint8Array>, cancel: () => unknown): RequestBody {
  const drain = async (limit: number): Promise<void> => {
    let bytes = 0;
    for await (const chunk of read()) {
      bytes += chunk.byteLength;
      if (bytes > limit) {
        await cancel();
        return;
      }
    }
  };
  return { chunks: read(), drain: (limit) => drain(limit).catch(() => undefined) };
}

/** Opens a request's body. Leaving `chunks` early does not cancel it: that would cut the connection before the answer. */
export function openBody(request: Request): RequestBody {
  if (!request.body) return { chunks: null, drain: () => Promise.resolve() };
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }
  return createBody(read, () => reader.cancel());
}
