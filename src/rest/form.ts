import { texts } from '../contract/errors.ts';
import { decodeUndeclared, requireCharset } from './form-charset.ts';
import { parseHeaderValue } from './form-header.ts';
import { type Form, FormError } from './form-model.ts';
import { readMultipart } from './form-multipart.ts';
import { collectText, parseUrlencoded } from './form-urlencoded.ts';

export { type Form, FormError, type FormErrorCode, type FormField } from './form-model.ts';

/** A request's `Content-Type` and body. Iteration ends early when the form is refused, as `for await` does it: `return()` is called. */
export type FormSource = {
  readonly contentType: string | null;
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Reads a body that is known to be short at once: Node's own iterator takes as long as what is made of it. */
  readonly readShort?: (() => Promise<Buffer>) | undefined;
};

/** `fileField` is the one parameter whose file is kept as a file; a file sent as any other parameter is its text. */
export type FormOptions = { readonly fileField: string };

const unsupported = () => new FormError('unsupported_media_type', texts.notAForm);

async function refuseBytes(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) if (chunk.length > 0) throw unsupported();
}

/**
 * Reads a form of either content type, in bounded memory (rulings 7, 9, 10).
 * Rejects with `FormError` for a form that can't be read, and with the body's own error where that fails.
 */
export async function readForm(source: FormSource, options: FormOptions): Promise<Form> {
  const { body, readShort } = source;
  const contentType = parseHeaderValue(source.contentType ?? '');
  if (contentType.value === '') {
    if (body !== null) await refuseBytes(body);
    return new Map();
  }
  const isMultipart = contentType.value === 'multipart/form-data';
  if (!isMultipart && contentType.value !== 'application/x-www-form-urlencoded') throw unsupported();
  const decode = requireCharset(contentType.parameters.get('charset'), decodeUndeclared);
  if (body === null) return new Map();
  if (!isMultipart) return parseUrlencoded(await (readShort?.() ?? collectText(body)), decode);
  return readMultipart(body, { ...options, boundary: contentType.parameters.get('boundary') ?? '', decode });
}
