import { limits } from '../contract/limits.ts';
import { createBytes } from './form-bytes.ts';
import { type Decode, decodeName, decodeValue, percentDecode } from './form-charset.ts';
import { type Form, type FormField, overLimit } from './form-model.ts';

/** The body in one piece; of one beyond the limit no more than shows that it is. */
export async function collectText(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const bytes = createBytes(limits.form.textBytes + 1);
  for await (const chunk of body) {
    bytes.append(chunk);
    if (bytes.read().length > limits.form.textBytes) break;
  }
  return bytes.read();
}

/**
 * Reads an `application/x-www-form-urlencoded` body; each name and value is decoded on its own. One line end after the
 * last value is dropped, since files posted with `curl --data-binary @file` end in one. Throws `FormError`.
 */
export function parseUrlencoded(bytes: Buffer, decode: Decode): Form {
  if (bytes.length > limits.form.textBytes) throw overLimit('textBytes');
  const text = bytes.toString('latin1').replace(/\r?\n$/, '');
  const form = new Map<string, FormField>();
  let count = 0;
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('&', start);
    const pair = text.slice(start, found === -1 ? text.length : found);
    start += pair.length + 1;
    if (pair === '') continue;
    if (++count > limits.form.parameters) throw overLimit('parameters');
    const [name, value] = splitPair(pair);
    form.set(decodeName(unescape(name), decode), decodeValue(unescape(value), decode));
  }
  return form;
}

/** Splits at the first `=` only, so that the page's `paymentTypes=[{"id"=7}]` survives unescaped. */
function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=');
  return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

function unescape(text: string): string {
  return percentDecode(text.includes('+') ? text.replaceAll('+', ' ') : text);
}
