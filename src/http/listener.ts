import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, comeAgain, errorCatalogue, texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { requestIdHeader } from '../graphql/error-origin.ts';
import type { Log } from '../telemetry/log.ts';
import { isInExcess, isOverrun } from './connections.ts';
import type { RequestObserver } from './request-observer.ts';

type Headers = Readonly<Record<string, string>>;

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** The target as a path: clients may send the whole address, which a server has to accept (RFC 9112, 3.2.2). */
function toPath(target: string): string {
  if (target.startsWith('/')) return target;
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');
}

/** The last Host that was found good: nearly all requests bring the same. */
let goodHost: string | undefined;

/** Servers that read two of them differently take one request for two addresses (RFC 9112, 3.2). */
function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts <= 1;
}

function isHost(host: string | undefined): boolean {
  if (host === goodHost) return true;
  if (!URL.canParse(`http://${host}/`)) return false;
  goodHost = host;
  return true;
}

function answer(response: ServerResponse, code: ErrorCode, message: string, headers: Headers = {}): void {
  if (response.headersSent) return void response.destroy();
  const body = Buffer.from(JSON.stringify({ error: code, error_description: message }));
  const describing = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.byteLength };
  response.writeHead(errorCatalogue[code].status, { ...describing, ...headers }).end(body);
}

/** Refuses what is too much before anybody looks at what it asks for; tells whether it did. */
function refuseExcess(request: IncomingMessage, response: ServerResponse): boolean {
  if (isInExcess(request)) {
    answer(response, 'service_unavailable', texts.tooManyConnections, { ...comeAgain, connection: 'close' });
  } else if (isOverrun(request, response)) {
    answer(response, 'service_unavailable', texts.tooManyCalls, comeAgain);
  } else if (request.rawHeaders.length > 2 * limits.connections.headers) {
    // As Node itself answers headers of too many bytes.
    response.writeHead(431, { connection: 'close' }).end();
  } else return false;
  return true;
}

export type ListenerOptions = {
  readonly log: Log;
  readonly observe: RequestObserver;
  /** Gives an answer the headers that all have. */
  readonly protect: (response: ServerResponse) => void;
  /** Runs what a request asks for as a trace of its own, where traces are wanted. */
  readonly trace?: RequestTracer | undefined;
};

/** Runs `work` as the request's part of a trace, which ends with its answer. */
export type RequestTracer = (request: IncomingMessage, response: ServerResponse, work: () => void) => void;

/** Node's listener for a fetch-like server, which makes an address of the Host header: a bad one ends here, with 400. */
export function createListener(
  handle: Handle,
  { log, observe, protect, trace }: ListenerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const answerRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (!hasOneHost(request) || !isHost(request.headers.host)) {
      answer(response, 'invalid_param_type', texts.invalidType('Host'));
      return;
    }
    request.url = toPath(request.url ?? '/');
    Promise.resolve(handle(request, response)).catch((error: unknown) => {
      log.error({ requestId: request.headers[requestIdHeader], error }, 'a request failed');
      answer(response, 'server_error', texts.serverError);
    });
  };
  return (request, response) => {
    observe(request, response);
    protect(response);
    if (refuseExcess(request, response)) return;
    if (trace) trace(request, response, () => answerRequest(request, response));
    else answerRequest(request, response);
  };
}
