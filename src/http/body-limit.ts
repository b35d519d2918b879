import type { Plugin } from 'graphql-yoga';
import { texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { createClientError } from '../graphql/errors.ts';
import { openBody } from './body.ts';
import { type BodyRoom, watchSize } from './body-budget.ts';
import type { ServerContext } from './node-exchange.ts';

const { smallBytes } = limits.connections.bodies;

function tooLarge(limit: number): Error {
  return createClientError('payload_too_large', texts.tooLarge('The body', limit));
}

type Limits = { readonly operationBytes: number; readonly uploadBytes: number };

async function readUpTo(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  admitLarge: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of watchSize(chunks, smallBytes, admitLarge)) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge(limit);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

/**
 * Refuses GraphQL bodies that are too large with 413, and those for which there is no room at the moment with 503. A declared
 * length is believed, since Node reads no further; only a body of undeclared length is read here and counted, since that costs
 * more than executing most requests. Such a one is taken to be small until it turns out not to be.
 */
export function useBodyLimit(
  { operationBytes, uploadBytes }: Limits,
  { admit, release }: BodyRoom,
): Plugin<ServerContext, ServerContext> {
  return {
    onRequestParse({ request, serverContext, requestParser, setRequestParser, fetchAPI }) {
      const isUpload = request.headers.get('content-type')?.toLowerCase().startsWith('multipart/') ?? false;
      const limit = isUpload ? uploadBytes : operationBytes;
      const declared = request.headers.get('content-length');
      if (declared !== null && Number(declared) > limit) throw tooLarge(limit);
      if (request.method !== 'POST') return;
      const { res } = serverContext;
      admit(request, res, Number(declared ?? smallBytes));
      if (declared !== null || !requestParser) return;
      const { url, method, headers, signal } = request;
      setRequestParser(async () => {
        const { chunks, drain } = openBody(request);
        if (!chunks) return requestParser(request);
        try {
          const bytes = await readUpTo(chunks, limit, () => admit(request, res, limit));
          return await requestParser(new fetchAPI.Request(url, { method, headers, signal, body: bytes }));
        } catch (error) {
          void drain(limit);
          throw error;
        }
      });
    },
    // It lasts, and needs its body no more.
    onSubscribe: ({ args }) => release(args.contextValue.res),
  };
}
