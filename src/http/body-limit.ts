import type { Plugin } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { createClientError } from '../graphql/errors.ts';
import { openBody } from './body.ts';
import type { AdmitBody } from './body-budget.ts';
import type { ServerContext } from './node-exchange.ts';

function tooLarge(limit: number): Error {
  return createClientError('payload_too_large', texts.tooLarge('The body', limit));
}

type Limits = { readonly operationBytes: number; readonly uploadBytes: number };

async function readUpTo(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const body = openBody(request);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) {
      void body.drain(limit);
      throw tooLarge(limit);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Refuses GraphQL bodies that are too large with 413, and those for which there is no room at the moment with 503. A declared
 * length is believed, since Node reads no further; only a body of undeclared length is read here and counted, since that costs
 * more than executing most requests.
 */
export function useBodyLimit(
  { operationBytes, uploadBytes }: Limits,
  admitBody: AdmitBody,
): Plugin<object, ServerContext> {
  return {
    onRequestParse({ request, serverContext, requestParser, setRequestParser, fetchAPI }) {
      const isUpload = request.headers.get('content-type')?.toLowerCase().startsWith('multipart/') ?? false;
      const limit = isUpload ? uploadBytes : operationBytes;
      const declared = request.headers.get('content-length');
      if (declared !== null && Number(declared) > limit) throw tooLarge(limit);
      if (request.body || declared !== null) admitBody(request, serverContext.res, Number(declared ?? limit));
      if (declared !== null || !request.body || !requestParser) return;
      const { url, method, headers, signal } = request;
      setRequestParser(async () => {
        const bytes = await readUpTo(request, limit);
        return requestParser(new fetchAPI.Request(url, { method, headers, signal, body: bytes }));
      });
    },
  };
}
