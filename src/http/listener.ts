import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorCatalogue, texts } from '../contract/errors.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** The target as a path: clients may send the whole address, which a server has to accept (RFC 9112, 3.2.2). */
function toPath(target: string): string {
  if (target.startsWith('/')) return target;
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');
}

/** The last Host that was found good: nearly all requests bring the same. */
let goodHost: string | undefined;

function isHost(host: string | undefined): boolean {
  if (host === goodHost) return true;
  if (!URL.canParse(`http://${host}/`)) return false;
  goodHost = host;
  return true;
}

function answer(response: ServerResponse, code: 'invalid_param_type' | 'server_error', message: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(errorCatalogue[code].status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ error: code, error_description: message }));
}

/** Node's listener for a fetch-like server, which makes an address of the Host header: a bad one ends here, with 400. */
export function createListener(handle: Handle): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!isHost(request.headers.host)) {
      answer(response, 'invalid_param_type', texts.invalidType('Host'));
      return;
    }
    request.url = toPath(request.url ?? '/');
    Promise.resolve(handle(request, response)).catch(() => {
      answer(response, 'server_error', texts.serverError);
    });
  };
}
