import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../../src/app.ts';
import type { ChangeNode } from './changes.ts';

/** A server on a port of its own. `open` tells how many connections it has. */
export type LiveServer = AsyncDisposable & { readonly url: string; readonly countConnections: () => Promise<number> };

/** Listens on a free port of the loopback interface. */
export async function listen({ listener }: App['server']): Promise<LiveServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    countConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Event = { readonly data?: { readonly customerChanged: ChangeNode }; readonly errors?: readonly unknown[] };

/** A subscription under way: the events as they come, until it is completed or closed. */
export type Subscription = {
  readonly status: number;
  readonly contentType: string | null;
  readonly next: () => Promise<Event | 'complete'>;
  readonly close: () => void;
};

/** Returns what is no event at the end of the stream. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<Event | 'complete', string, void> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, name, data = ''] = /^event: (\w+)\ndata:(.*)$/s.exec(text.slice(0, end).replace(/^:\n*/, '')) ?? [];
      text = text.slice(end + 2);
      if (name === 'next') yield JSON.parse(data) as Event;
      if (name === 'complete') yield 'complete';
    }
  }
  return text;
}

/** Subscribes by server-sent events; who calls may close it. */
export async function subscribe(
  url: string,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Subscription> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  });
  if (!response.body) throw new Error('A subscription was answered without a body.');
  const events = readEvents(response.body);
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    next: async () => {
      const result = await events.next();
      // It also keeps the response: of one that is garbage before its body is read, Node's fetch ends the body.
      if (result.done) throw new Error(`The stream of status ${response.status} ended: ${result.value}`);
      return result.value;
    },
    close: () => controller.abort(),
  };
}
