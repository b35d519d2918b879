import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FetchAPI } from 'graphql-yoga';
import { type RequestBody, createBody } from './body.ts';
import { endTogether } from './end-together.ts';

/** One request as Node has it, and what answers it. */
export type NodeExchange = { readonly incoming: IncomingMessage; readonly response: ServerResponse };

/** What Yoga is told of a request beside what fetch has. */
export type ServerContext = { readonly req: IncomingMessage; readonly res: ServerResponse };

/** An answer whose body is all there. */
export type TextAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * The request as fetch has it, without its body: those who use it read that from Node, since wrapping its stream costs more
 * than executing most requests. Its signal never aborts: whether the client has gone is told by Node's response.
 */
export function createBodilessRequest({ incoming }: NodeExchange, { Request }: FetchAPI): Request {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const { method = 'GET', url = '/' } = incoming;
  return new Request(`http://${incoming.headers.host ?? ''}${url}`, { method, headers });
}

/**
 * The whole body, once everything that came by the same turn of the event loop has been read: requests that are executed one
 * between the reading of others take up to a tenth longer. Rejects where the client goes away before its end, or has gone.
 */
export function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Then it tells nobody any more.
    if (incoming.destroyed) reject(new Error('The client has gone.'));
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', reject);
    incoming.on('end', () => setImmediate(() => resolve(Buffer.concat(chunks))));
  });
}

/** The body as it comes; it may be left half read. */
export function openNodeBody(incoming: IncomingMessage): RequestBody {
  const read = (): AsyncIterable<Uint8Array> => incoming.iterator({ destroyOnReturn: false });
  return createBody(read, () => incoming.destroy());
}

/** Of longer texts Node is given the bytes, since it counts characters of what a client has not taken yet. */
const shortText = 65_536;

/** Sends an answer in one piece, before the next turn of the event loop ends. */
export function sendText(response: ServerResponse, { status, headers, body }: TextAnswer): void {
  const sent = body.length > shortText ? Buffer.from(body) : body;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(sent) });
  endTogether(response, sent);
}
