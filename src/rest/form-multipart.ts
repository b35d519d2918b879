import { texts } from '../contract/errors.ts';
import { readMultipart } from '../http/multipart.ts';
import type { Decode } from './form-charset.ts';
import { type Form, FormError, formLimits, invalidType, overLimit } from './form-model.ts';
import { createParts, type Parts } from './form-parts.ts';

/** `decode` reads names, and the values of parts that declare no charset of their own. */
export type MultipartFormOptions = {
  readonly boundary: string;
  readonly decode: Decode;
  readonly fileField: string;
};

/**
 * Reads a `multipart/form-data` body. Throws `FormError` where it is malformed, cut off or over a limit, and the
 * body's own error where that fails.
 */
export async function readMultipartForm(body: AsyncIterable<Uint8Array>, options: MultipartFormOptions): Promise<Form> {
  const parts = createParts(options);
  await readMultipart(limitBody(body, parts), parts, {
    boundary: options.boundary,
    partHeaderBytes: formLimits.partHeaderBytes,
    createMalformed: () => invalidType('body'),
  });
  return parts.toForm();
}

async function* limitBody(body: AsyncIterable<Uint8Array>, parts: Parts): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of body) {
    yield chunk;
    total += chunk.length;
    if (total > formLimits.bodyBytes) throw bodyTooLarge(parts);
  }
}

function bodyTooLarge(parts: Parts): FormError {
  return parts.isImageToBlame() ? new FormError('exceeded_file_size', texts.fileTooLarge) : overLimit('bodyBytes');
}
