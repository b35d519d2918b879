import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { limits } from '../contract/limits.ts';
import { type FormField, invalidType, overLimit } from './form-model.ts';

/** Bytes to text, nothing stripped; undefined where they aren't text in that charset. */
export type Decode = (bytes: Buffer) => string | undefined;

const utf8 = iconv.getCodec('utf8');
const binary = iconv.getCodec('binary');
// As browsers do: who declares Latin-1 or ASCII sends windows-1252, a superset in practice.
const readAsWindows1252 = ['ascii', 'iso88591', 'windows1252'].map((name) => iconv.getCodec(name));
const printableAscii = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index));

const decodeUtf8: Decode = (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined);

/** As WHATWG defines it: the five bytes that Microsoft left open are C1 controls, so every byte has its character. */
function decodeWindows1252(bytes: Buffer): string {
  const text = iconv.decode(bytes, 'windows1252');
  return text.replaceAll('\uFFFD', (_, index: number) => String.fromCharCode(bytes[index] ?? 0));
}

/** Reads what declares no charset: UTF-8, else windows-1252 (ruling 9). */
export const decodeUndeclared = (bytes: Buffer): string => decodeUtf8(bytes) ?? decodeWindows1252(bytes);

/** The decoder for a charset's name, in any of its spellings; undefined for one we don't know. */
export function findCharset(name: string): Decode | undefined {
  if (!iconv.encodingExists(name)) return undefined;
  const codec = iconv.getCodec(name);
  if (codec === utf8) return decodeUtf8;
  if (readAsWindows1252.includes(codec)) return decodeWindows1252;
  // iconv-lite's base64, hex, UTF-7, UTF-16, … are no charsets for a form, whose syntax is ASCII.
  if (codec === binary || iconv.decode(Buffer.from(printableAscii), name) !== printableAscii) return undefined;
  return (bytes) => {
    const text = iconv.decode(bytes, name, { stripBOM: false });
    return text.includes('\uFFFD') ? undefined : text;
  };
}

/** The decoder for a declared charset, or `otherwise` where none is. Throws `FormError` for an unknown one (ruling 9). */
export function requireCharset(declared: string | undefined, otherwise: Decode): Decode {
  if (declared === undefined || declared === '') return otherwise;
  const decode = findCharset(declared);
  if (decode === undefined) throw invalidType('charset');
  return decode;
}

const hexDigits = new Map(
  Array.from('0123456789abcdefABCDEF', (digit) => [digit.charCodeAt(0), Number.parseInt(digit, 16)]),
);

/** `%XX` to bytes, of which text and answer have a character each; a bad escape stays as it is, as in browsers. */
export function percentDecode(text: string): string {
  let decoded = '';
  let done = 0;
  for (let at = text.indexOf('%'); at !== -1; at = text.indexOf('%', Math.max(at + 1, done))) {
    const high = hexDigits.get(text.charCodeAt(at + 1));
    const low = hexDigits.get(text.charCodeAt(at + 2));
    if (high === undefined || low === undefined) continue;
    decoded += text.slice(done, at) + String.fromCharCode(high * 16 + low);
    done = at + 3;
  }
  return done === 0 ? text : decoded + text.slice(done);
}

/** Bytes, of which `binary` has a character each, to text. Most are plain ASCII, which every charset of ours has as it is. */
export function decodeBinary(binary: string, decode: Decode): string | undefined {
  return /^[ -~]*$/.test(binary) ? binary : decode(Buffer.from(binary, 'latin1'));
}

/** The same for what is never refused: what isn't text in its charset is read as if it had declared none. */
export function decodeAnyway(binary: string, decode: Decode): string {
  return decodeBinary(binary, decode) ?? decodeUndeclared(Buffer.from(binary, 'latin1'));
}

/** A parameter's name as text; one that is none in its charset is no name of ours. Throws `FormError` where it is too long. */
export function decodeName(binary: string, decode: Decode): string {
  if (binary.length > limits.form.nameBytes) throw overLimit('nameBytes');
  return decodeAnyway(binary, decode);
}

/** A parameter's value. */
export function decodeValue(binary: string, decode: Decode): FormField {
  const value = decodeBinary(binary, decode);
  return value === undefined ? { kind: 'unreadable' } : { kind: 'text', value };
}
