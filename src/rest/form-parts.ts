import { limits } from '../contract/limits.ts';
import { type Bytes, createBytes } from './form-bytes.ts';
import {
  type Decode,
  decodeAnyway,
  decodeBinary,
  decodeName,
  decodeValue,
  findCharset,
  percentDecode,
  requireCharset,
} from './form-charset.ts';
import { type HeaderValue, parseHeaderValue } from './form-header.ts';
import { type Form, type FormField, invalidType, overLimit } from './form-model.ts';

/** `decode` reads names, and the values of parts that declare no charset of their own. */
export type PartsOptions = { readonly fileField: string; readonly decode: Decode };

type Append = (chunk: Uint8Array) => void;
type Part = { readonly filename: string | undefined; readonly decode: Decode; readonly bytes: Bytes };

/** The parts of one multipart form while they arrive; `count` and `open` throw `FormError`. */
export type Parts = {
  /** Called as a part begins. */
  count(): void;
  /** Called when its header is complete; what follows goes to the function this returns. */
  open(header: object): Append;
  /** Whether a body that grew too large did so for an image. */
  isImageToBlame(): boolean;
  toForm(): Form;
};

/** Collects parts by name, the last of each (ruling 10), keeping no more than the limits allow. */
export function createParts({ fileField, decode }: PartsOptions): Parts {
  const parts = new Map<string, Part>();
  let count = 0;
  let textBytes = 0;
  let isInImage = false;
  let sawLargeImage = false;

  function addText(bytes: number): void {
    textBytes += bytes;
    if (textBytes > limits.form.textBytes) throw overLimit('textBytes');
  }
  function openImage(name: string, filename: string): Append {
    const bytes = createBytes(limits.images.fileBytes + 1);
    parts.set(name, { filename, decode, bytes });
    isInImage = true;
    return (chunk) => {
      bytes.append(chunk);
      sawLargeImage ||= bytes.read().length > limits.images.fileBytes;
    };
  }
  function openText(name: string, contentType: HeaderValue): Append {
    const bytes = createBytes(limits.form.textBytes);
    const charset = contentType.parameters.get('charset');
    parts.set(name, { filename: undefined, decode: requireCharset(charset, decode), bytes });
    return (chunk) => {
      addText(chunk.length);
      bytes.append(chunk);
    };
  }

  return {
    count() {
      if (++count > limits.form.parameters) throw overLimit('parameters');
      isInImage = false;
    },
    open(header) {
      checkHeader(header);
      const disposition = readHeader(header, 'content-disposition');
      const rawName = disposition.parameters.get('name');
      if (rawName === undefined) return () => undefined;
      const name = decodeName(unescape(rawName), decode);
      addText(Buffer.byteLength(name));
      const filename = name === fileField ? readFilename(disposition, decode) : undefined;
      if (filename !== undefined) return openImage(name, filename);
      return openText(name, readHeader(header, 'content-type'));
    },
    isImageToBlame: () => isInImage || sawLargeImage,
    toForm: () => new Map(Array.from(parts, ([name, part]) => [name, toField(part)])),
  };
}

function toField({ filename, decode, bytes }: Part): FormField {
  if (filename === undefined) return decodeValue(bytes.read().toString('latin1'), decode);
  // What a browser sends where no file was chosen.
  if (filename === '' && bytes.read().length === 0) return { kind: 'text', value: '' };
  return { kind: 'file', filename, bytes: bytes.read() };
}

/** An empty header is what Dicer makes of one it can't read; ignoring that part would lose a parameter silently. */
function checkHeader(header: object): void {
  const lines: [string, unknown][] = Object.entries(header);
  if (lines.length === 0) throw invalidType('body');
  const size = lines.reduce((sum, [name, values]) => sum + name.length + String(values).length, 0);
  if (size > limits.form.partHeaderBytes) throw overLimit('partHeaderBytes');
}

/** Dicer keeps a header as a list of its values, one character per byte. */
function readHeader(header: object, name: string): HeaderValue {
  const values: unknown = Reflect.get(header, name);
  const first: unknown = Array.isArray(values) ? values[0] : undefined;
  return parseHeaderValue(typeof first === 'string' ? first : '');
}

/** Undoes what browsers and curl escape in a quoted name, and nothing else. */
function unescape(text: string): string {
  return text.replace(/%(?:22|0A|0D)/gi, percentDecode);
}

/** The file's name, `filename*` first; undefined where the part has none. It is never a reason to refuse a form. */
function readFilename({ parameters }: HeaderValue, decode: Decode): string | undefined {
  const extended = parameters.get('filename*');
  const [, charset = '', encoded = ''] = /^([^']*)'[^']*'(.*)$/s.exec(extended ?? '') ?? [];
  const decodeExtended = findCharset(charset);
  const fromExtended = decodeExtended && decodeBinary(percentDecode(encoded), decodeExtended);
  const plain = parameters.get('filename') ?? extended;
  if (fromExtended !== undefined || plain === undefined) return fromExtended;
  return decodeAnyway(unescape(plain), decode);
}
