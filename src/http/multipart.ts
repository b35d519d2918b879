import { setImmediate } from 'node:timers/promises';
import { Dicer } from '@fastify/busboy';

/** Takes a part's content as it arrives; a chunk is the receiver's own only until it returns. */
export type Append = (chunk: Uint8Array) => void;

/** What is done with parts. What either throws ends the reading. */
export type PartReceiver = {
  /** Called as a part begins. */
  count(): void;
  /** Called when its header is complete, which `readPartHeader` reads; what follows goes to the function this returns. */
  open(header: object): Append;
};

export type MultipartOptions = {
  readonly boundary: string;
  /** The most a part's header may have, in bytes; of a longer one at least as many more are seen. */
  readonly partHeaderBytes: number;
  /** What is thrown where the body is malformed or cut off. */
  readonly createMalformed: () => Error;
};

type Reading = { failure: Error | undefined; openParts: number };

/**
 * Feeds the parts of a multipart body to `parts`, without keeping anything. Throws what they throw, what `createMalformed` makes,
 * and the body's own error where that fails.
 */
export async function readMultipart(
  body: AsyncIterable<Uint8Array>,
  parts: PartReceiver,
  options: MultipartOptions,
): Promise<void> {
  if (!/^[ -~]{0,69}[!-~]$/.test(options.boundary)) throw options.createMalformed();
  const reading: Reading = { failure: undefined, openParts: 0 };
  const dicer = createDicer(parts, reading, options);
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    await write(dicer, chunk);
    if (reading.failure !== undefined) throw reading.failure;
  }
  await end(dicer);
  if (reading.failure !== undefined) throw reading.failure;
  if (reading.openParts > 0) throw options.createMalformed();
}

function createDicer(parts: PartReceiver, reading: Reading, options: MultipartOptions): Dicer {
  const { boundary, partHeaderBytes, createMalformed } = options;
  // A part's high-water mark is never reached, so Dicer never pauses: paused, it can wait for ever for a part that has
  // ended. Parts flow at once, and `write` waits, so nothing piles up. Headers are cut silently at `maxHeaderSize`,
  // hence the room to see one that is too large.
  const config = { boundary, partHwm: Number.MAX_SAFE_INTEGER, maxHeaderSize: 2 * partHeaderBytes };
  const dicer = new Dicer(config);
  dicer.on('error', () => {
    reading.failure ??= createMalformed();
  });
  dicer.on('part', (part) => listen(part, parts, reading, createMalformed));
  return dicer;
}

/** Feeds one part to `parts`. Nothing may be thrown from a stream's listener: the first failure is kept instead. */
function listen(stream: Dicer.PartStream, parts: PartReceiver, reading: Reading, createMalformed: () => Error): void {
  const attempt = (step: () => unknown) => {
    if (reading.failure !== undefined) return;
    try {
      step();
    } catch (error) {
      reading.failure = error instanceof Error ? error : new Error(String(error));
    }
  };
  let append: Append | undefined;
  reading.openParts++;
  attempt(() => parts.count());
  stream.on('error', () => undefined); // a part that is cut off; Dicer says so too
  stream.on('header', (header) => attempt(() => (append = parts.open(header))));
  // A chunk may be a window on Dicer's own buffer, so it is copied before this listener returns. It is never a string.
  stream.on('data', (chunk) => attempt(() => typeof chunk !== 'string' && append?.(chunk)));
  stream.on('end', () => {
    reading.openParts--;
    if (append === undefined) reading.failure ??= createMalformed(); // its header never ended
  });
}

function write(dicer: Dicer, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => dicer.write(chunk, () => resolve()));
}

/** Ends the parsing. Dicer's 'finish' comes early, late or twice; by the next turn of the event loop all is said. */
async function end(dicer: Dicer): Promise<void> {
  await new Promise<void>((resolve) => dicer.end(() => resolve()));
  await setImmediate();
}

/** One line of a part's header, one character per byte; `''` where there is none. */
export function readPartHeader(header: object, name: string): string {
  const values: unknown = Reflect.get(header, name);
  const first: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof first === 'string' ? first : '';
}
