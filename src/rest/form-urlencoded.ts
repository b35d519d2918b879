import { limits } from '../contract/limits.ts';
import { createBytes } from './form-bytes.ts';
import { type Decode, decodeName, decodeValue, percentDecode } from './form-charset.ts';
import { type Form, overLimit } from './form-model.ts';

/**
 * Reads an `application/x-www-form-urlencoded` body; each name and value is decoded on its own. One line end after the
 * last value is dropped, since files posted with `curl --data-binary @file` end in one. Throws `FormError`.
 */
export async function readUrlencoded(body: AsyncIterable<Uint8Array>, decode: Decode): Promise<Form> {
  const text = (await readBody(body)).toString('latin1').replace(/\r?\n$/, '');
  const values = new Map<string, string>();
  let count = 0;
  for (const [name, value] of splitPairs(text)) {
    if (++count > limits.form.parameters) throw overLimit('parameters');
    values.set(decodeName(unescape(name), decode), value);
  }
  return new Map(Array.from(values, ([name, value]) => [name, decodeValue(unescape(value), decode)]));
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const bytes = createBytes(limits.form.textBytes + 1);
  for await (const chunk of body) {
    bytes.append(chunk);
    if (bytes.read().length > limits.form.textBytes) throw overLimit('textBytes');
  }
  return bytes.read();
}

/** Splits at `&` and the first `=` only, so that the page's `paymentTypes=[{"id"=7}]` survives unescaped. */
function* splitPairs(text: string): Generator<readonly [name: string, value: string]> {
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf('&', start);
    const pair = text.slice(start, found === -1 ? text.length : found);
    start += pair.length + 1;
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    yield equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  }
}

function unescape(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}
