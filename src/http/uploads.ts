import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { GraphQLError } from 'graphql';
import { type FileUpload, Upload, processRequest } from 'graphql-upload-minimal';
import { type GraphQLParams, type Plugin, createGraphQLError } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { ReceivedFile } from '../graphql/upload.ts';
import { openBody } from './body.ts';
import { checkUploadMap } from './upload-map.ts';

/** With one byte more than is allowed, too large stays visible; the rest of a file is read and dropped. */
const keptBytes = limits.images.fileBytes + 1;

async function readAll(upload: Upload): Promise<ReceivedFile> {
  const file: FileUpload = await upload.promise;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream()) {
    if (!(chunk instanceof Uint8Array) || size >= keptBytes) continue;
    chunks.push(chunk);
    size += chunk.length;
  }
  return new ReceivedFile({ filename: file.filename, bytes: Buffer.concat(chunks).subarray(0, keptBytes) });
}

/** Puts every file where the request's map has placed its upload. Walks without recursion: the depth is the client's. */
async function receiveFiles(operations: object): Promise<void> {
  const received = new Map<Upload, Promise<ReceivedFile>>();
  const placings: Promise<void>[] = [];
  const waiting: object[] = [operations];
  for (let holder = waiting.pop(); holder; holder = waiting.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      if (value instanceof Upload) {
        const file = received.get(value) ?? readAll(value);
        received.set(value, file);
        const target = holder;
        placings.push(file.then((found) => void Reflect.set(target, key, found)));
      } else if (typeof value === 'object' && value !== null) waiting.push(value as object);
    }
  }
  await Promise.all(placings);
}

/** An 'error' that nobody hears would end the process; whoever waits for the stream is told all the same. */
function hearErrors(stream: Readable | Writable): void {
  stream.on('error', () => undefined);
}

/** The parts of a Node request that the parser uses, over the body of a fetch request. */
function toNodeRequest(body: AsyncIterable<Uint8Array>, contentType: string): IncomingMessage {
  const source = Readable.from(checkUploadMap(body, contentType));
  // The parser is told of a cut-off body by 'close'.
  hearErrors(source);
  const pipe = source.pipe.bind(source);
  const pipeSafely = <Parser extends Writable>(parser: Parser): Parser => {
    hearErrors(parser);
    parser.on('file', (_: string, file: Readable) => hearErrors(file));
    return pipe(parser);
  };
  const headers = { 'content-type': contentType };
  return Object.assign(source, { headers, pipe: pipeSafely }) as unknown as IncomingMessage;
}

function toClientError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // The library says 499 for a body that was cut off and 500 for an empty one.
  const status = 'status' in error && error.status === 413 ? 413 : 400;
  return createGraphQLError(error.message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}

async function parseMultipart(request: Request): Promise<GraphQLParams> {
  const body = openBody(request);
  const source = toNodeRequest(body.chunks ?? Readable.from([]), request.headers.get('content-type') ?? '');
  try {
    const operations = await processRequest(source, undefined as unknown as ServerResponse, {
      maxFieldSize: limits.graphql.operationBytes,
      // The parser truncates silently at its limit, or not, by the timing: no file in a body gets that far.
      maxFileSize: limits.graphql.uploadBytes,
      maxFiles: limits.graphql.files,
    });
    await receiveFiles(operations);
    return operations as GraphQLParams;
  } catch (error) {
    void body.drain(limits.graphql.uploadBytes);
    throw source.errored instanceof GraphQLError ? source.errored : toClientError(error);
  } finally {
    source.resume();
  }
}

/**
 * Takes multipart requests to GraphQL (graphql-multipart-request-spec). Every file is in memory before anything is
 * executed, so that no resolver can leave one unread; a malformed or truncated request is a 400.
 */
export function useUploads(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      const contentType = request.headers.get('content-type')?.toLowerCase();
      if (request.method === 'POST' && contentType?.startsWith('multipart/form-data')) setRequestParser(parseMultipart);
    },
  };
}
