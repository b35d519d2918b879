import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** Longer than the gateway may take for anything, in milliseconds: who waits so long hangs. */
export const patience = 20_000;

/** What came of a request that somebody took: an answer, or nobody knows, since the connection was lost or nothing came. */
export type Reached =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'hung' };

/** What came of a request; where nobody listens it was never sent. */
export type Reply = Reached | { readonly kind: 'unreached' };

/** A request to the gateway. */
export type Request = { readonly path: string; readonly type: string; readonly body: string };

/** One kept-alive connection to a port of this machine, opened again whenever it is lost. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a request and waits for what comes of it; never throws. */
  post({ path, type, body }: Request): Promise<Reply> {
    return new Promise((resolve) => {
      const fail = (error: Error) =>
        resolve({ kind: 'code' in error && error.code === 'ECONNREFUSED' ? 'unreached' : 'lost' });
      const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const sent = request({ agent: this.#agent, port: this.#port, host: '127.0.0.1', method: 'POST', path, headers });
      const timer = setTimeout(() => {
        resolve({ kind: 'hung' });
        sent.destroy();
      }, patience);
      sent.on('close', () => clearTimeout(timer));
      sent.on('error', fail);
      sent.on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('error', fail);
        answer.on('end', () => {
          resolve({ kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
