import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { openBody } from './body.ts';
import { parseHeaderValue } from './header-value.ts';
import { limits } from './limits.ts';
import { readMultipart } from './multipart.ts';
import { placeFiles, readObject } from './upload-map.ts';
import { createUploadError, createUploadParts } from './upload-parts.ts';

const partHeaderBytes = 16_384;

const createMalformed = (): Error => createUploadError('The multipart body is malformed or was cut off.');

async function readUpload(request: Request): Promise<GraphQLParams> {
  const { parameters } = parseHeaderValue(request.headers.get('content-type') ?? '');
  const body = openBody(request);
  const parts = createUploadParts();
  try {
    if (!body.chunks) throw createMalformed();
    const boundary = parameters.get('boundary') ?? '';
    await readMultipart(body.chunks, parts, { boundary, partHeaderBytes, createMalformed });
  } catch (error) {
    void body.drain(limits.uploadBytes);
    // Anything else is the body's own end: the client went away, or sent less than it declared.
    throw error instanceof GraphQLError ? error : createMalformed();
  }
  const operations = readObject('operations', parts.text('operations'));
  placeFiles(operations, readObject('map', parts.text('map')), parts.files());
  return operations;
}

/**
 * Takes multipart requests to GraphQL (https://github.com/jaydenseric/graphql-multipart-request-spec). Every file is in memory
 * before anything is executed, so that no resolver can leave one unread; a malformed or truncated request is a 400.
 */
export function useUploads(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      const { value } = parseHeaderValue(request.headers.get('content-type') ?? '');
      if (request.method === 'POST' && value === 'multipart/form-data') setRequestParser(readUpload);
    },
  };
}
