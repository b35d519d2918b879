import { Agent, type IncomingMessage, request as openRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { sendRaw } from '../../support/raw-http.ts';
import type { IsDocumented } from '../../support/documented-errors.ts';

/** A generated request: to one of the doors, or bytes that may be no request at all. */
export type FuzzRequest =
  | {
      readonly door: 'rest' | 'graphql' | 'other';
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
    }
  | { readonly door: 'raw'; readonly bytes: Buffer };

type Door = FuzzRequest['door'];

type Answer = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly type: string;
  readonly body: Buffer;
};

/** How long an answer may take before it counts as never coming, in milliseconds. */
const patience = 20_000;

/** Sends generated requests to a port, over as many connections as are asked for. */
export class FuzzClient implements Disposable {
  readonly #port: number;
  readonly #agent: Agent;
  readonly #isDocumented: IsDocumented;
  /** How many answers had each status, by door; a connection closed without an answer is 0. */
  readonly statuses = new Map<string, number>();

  constructor(port: number, connections: number, isDocumented: IsDocumented) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#isDocumented = isDocumented;
  }

  /** What is wrong with the answer; undefined where nothing is. */
  async try(request: FuzzRequest): Promise<string | undefined> {
    try {
      const answer = await this.#send(request);
      const key = `${request.door} ${answer?.status ?? 0}`;
      this.statuses.set(key, (this.statuses.get(key) ?? 0) + 1);
      return answer && this.#judge(request, answer);
    } catch (error) {
      return `no answer: ${String(error)}`;
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(request: FuzzRequest): Promise<Answer | undefined> {
    if (request.door === 'raw') {
      const answer = await sendRaw(this.#port, request.bytes, { then: 'end', patience });
      return answer && { status: answer.status, retryAfter: undefined, type: '', body: Buffer.alloc(0) };
    }
    const { method, path, headers, body } = request;
    const length = body.length > 0 ? { 'content-length': String(body.length) } : {};
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, timeout: patience };
      const sent = openRequest({ ...options, headers: { ...headers, ...length } }, resolve);
      sent.on('error', reject).on('timeout', () => sent.destroy(new Error('nothing came for too long')));
      sent.end(body);
    });
    const { 'retry-after': retryAfter, 'content-type': type = '' } = response.headers;
    return { status: response.statusCode ?? 0, retryAfter, type, body: await buffer(response) };
  }

  #judge({ door }: FuzzRequest, { status, retryAfter, type, body }: Answer): string | undefined {
    if (status === 503) return retryAfter === undefined ? '503 without Retry-After' : undefined;
    if (status >= 500) return `status ${status}: ${body.toString()}`;
    return this.#findWrongShape(door, status, type, body.toString());
  }

  #findWrongShape(door: Door, status: number, type: string, body: string): string | undefined {
    if (door === 'raw' || door === 'other' || body === '' || type.startsWith('text/')) return undefined;
    const content = parseObject(body);
    if (!content) return `no JSON object with ${status}: ${body}`;
    if (door === 'rest') return status < 400 ? undefined : this.#findUndocumented(content, status);
    if (!('data' in content) && !Array.isArray(content['errors'])) return `no GraphQL answer: ${body}`;
    return JSON.stringify(content['errors'] ?? []).includes('Unexpected error') ? `a failure: ${body}` : undefined;
  }

  #findUndocumented({ error, error_description: text }: Readonly<Record<string, unknown>>, status: number) {
    if (typeof error !== 'string' || typeof text !== 'string') return `no error of the contract with ${status}`;
    return this.#isDocumented(error, text, status) ? undefined : `not in docs/errors.md: ${status} ${error}: ${text}`;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
