import { setImmediate } from 'node:timers/promises';
import { Dicer } from '@fastify/busboy';
import { texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import type { Decode } from './form-charset.ts';
import { type Form, FormError, invalidType, overLimit } from './form-model.ts';
import { createParts, type Parts } from './form-parts.ts';

/** `decode` reads names, and the values of parts that declare no charset of their own. */
export type MultipartOptions = {
  readonly boundary: string;
  readonly decode: Decode;
  readonly fileField: string;
};

type Reading = { failure: Error | undefined; openParts: number };

/**
 * Reads a `multipart/form-data` body. Throws `FormError` where it is malformed, cut off or over a limit, and the
 * body's own error where that fails.
 */
export async function readMultipart(body: AsyncIterable<Uint8Array>, options: MultipartOptions): Promise<Form> {
  if (!/^[ -~]{0,69}[!-~]$/.test(options.boundary)) throw invalidType('body');
  const parts = createParts(options);
  const reading: Reading = { failure: undefined, openParts: 0 };
  const dicer = createDicer(options.boundary, parts, reading);
  let total = 0;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    await write(dicer, chunk);
    if (reading.failure !== undefined) throw reading.failure;
    total += chunk.length;
    if (total > limits.form.bodyBytes) throw bodyTooLarge(parts);
  }
  await end(dicer);
  if (reading.failure !== undefined) throw reading.failure;
  if (reading.openParts > 0) throw invalidType('body');
  return parts.toForm();
}

function bodyTooLarge(parts: Parts): FormError {
  return parts.isImageToBlame() ? new FormError('exceeded_file_size', texts.fileTooLarge) : overLimit('bodyBytes');
}

function createDicer(boundary: string, parts: Parts, reading: Reading): Dicer {
  // A part's high-water mark is never reached, so Dicer never pauses: paused, it can wait for ever for a part that has
  // ended. Parts flow at once, and `write` waits, so nothing piles up. Headers are cut silently at `maxHeaderSize`,
  // hence the room to see one that is too large.
  const config = { boundary, partHwm: Number.MAX_SAFE_INTEGER, maxHeaderSize: 2 * limits.form.partHeaderBytes };
  const dicer = new Dicer(config);
  dicer.on('error', () => {
    reading.failure ??= invalidType('body');
  });
  dicer.on('part', (part) => listen(part, parts, reading));
  return dicer;
}

/** Feeds one part to `parts`. Nothing may be thrown from a stream's listener: the first failure is kept instead. */
function listen(stream: Dicer.PartStream, parts: Parts, reading: Reading): void {
  const attempt = (step: () => unknown) => {
    if (reading.failure !== undefined) return;
    try {
      step();
    } catch (error) {
      reading.failure = error instanceof Error ? error : new Error(String(error));
    }
  };
  let append: ((chunk: Uint8Array) => void) | undefined;
  reading.openParts++;
  attempt(() => parts.count());
  stream.on('error', () => undefined); // a part that is cut off; Dicer says so too
  stream.on('header', (header) => attempt(() => (append = parts.open(header))));
  // A chunk may be a window on Dicer's own buffer, so it is copied before this listener returns. It is never a string.
  stream.on('data', (chunk) => attempt(() => typeof chunk !== 'string' && append?.(chunk)));
  stream.on('end', () => {
    reading.openParts--;
    if (append === undefined) reading.failure ??= invalidType('body'); // its header never ended
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
