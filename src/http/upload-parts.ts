import { createGraphQLError } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { maxImageBytes } from '../contract/parameters.ts';
import { createClientError } from '../graphql/errors.ts';
import { ReceivedFile } from '../graphql/upload.ts';
import { type Bytes, createBytes } from './bytes.ts';
import { parseHeaderValue } from './header-value.ts';
import { limits } from './limits.ts';
import { type Append, type PartReceiver, readPartHeader } from './multipart.ts';

/** What a client is told of a multipart request that cannot be used. */
export function createUploadError(message: string, status = 400): Error {
  return createGraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}

/** The parts of a multipart request to GraphQL while they arrive; of files no more is kept than shows them to be too large. */
export type UploadParts = PartReceiver & {
  /** The JSON text of a part; throws where there was none. */
  text(name: TextName): string;
  files(): ReadonlyMap<string, ReceivedFile>;
};

type TextName = 'operations' | 'map';

/** With one byte more than is allowed, too large stays visible. */
const keptBytes = maxImageBytes + 1;

/** In the order in which they must come, before the files. */
const textNames: readonly string[] = ['operations', 'map'] satisfies readonly TextName[];
const maxParts = textNames.length + limits.filesPerRequest;

/** A file's name as browsers send it: UTF-8, and three characters escaped. */
function decodeFilename(name: string): string {
  const unescape = (escape: string) => String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return Buffer.from(name, 'latin1')
    .toString('utf8')
    .replace(/%(?:22|0A|0D)/gi, unescape);
}

/** Collects parts. Its functions throw errors that the client is told. */
export function createUploadParts(): UploadParts {
  const sent = new Map<string, Bytes>();
  const files = new Map<string, { readonly filename: string; readonly bytes: Bytes }>();
  let count = 0;

  function openText(name: string): Append {
    if (textNames[sent.size] !== name) throw createUploadError('The parts must be operations, map, and then files.');
    const bytes = createBytes(limits.operationBytes + 1);
    sent.set(name, bytes);
    return (chunk) => {
      bytes.append(chunk);
      if (bytes.read().length <= limits.operationBytes) return;
      throw createClientError('payload_too_large', texts.tooLarge(`The part ${name}`, limits.operationBytes));
    };
  }
  function openFile(name: string, filename: string): Append {
    if (sent.size < textNames.length) throw createUploadError('Files must follow operations and map.');
    if (files.has(name)) throw createUploadError('A file was sent twice.');
    const bytes = createBytes(keptBytes);
    files.set(name, { filename: decodeFilename(filename), bytes });
    return (chunk) => bytes.append(chunk);
  }

  return {
    count() {
      if (++count > maxParts)
        throw createUploadError(`A request may hold ${limits.filesPerRequest} files at most.`, 413);
    },
    open(header) {
      const { parameters } = parseHeaderValue(readPartHeader(header, 'content-disposition'));
      const [name, filename] = [parameters.get('name'), parameters.get('filename')];
      if (name === undefined) throw createUploadError('A part has no name.');
      return filename === undefined ? openText(name) : openFile(name, filename);
    },
    text(name) {
      const bytes = sent.get(name);
      if (!bytes) throw createUploadError(`The part ${name} is missing.`);
      return bytes.read().toString('utf8');
    },
    files: () =>
      new Map(
        Array.from(files, ([name, { filename, bytes }]) => [name, new ReceivedFile({ filename, bytes: bytes.read() })]),
      ),
  };
}
