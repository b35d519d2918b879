import { isIP } from 'node:net';
import { limits } from '../contract/limits.ts';
import { type Problems, complain } from './problems.ts';
import { parseUrl } from './url.ts';

/** Where the process listens. */
export type HttpConfig = { readonly host: string; readonly port: number };

/** A port to listen on; undefined where the text is none. */
export function parsePort(value: string): number | undefined {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** An address to listen on, as Node takes it; the loopback interface's where there is none. */
export function parseHost(value: string | undefined): string {
  return (value ?? '').toLowerCase().replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
}

function readPort(value: string | undefined, problems: Problems): number {
  if (!value) return 4000;
  const port = parsePort(value);
  if (port === undefined) complain(problems, 'PORT', value, 'a whole number from 1 to 65535');
  return port ?? 0;
}

/** The URL of a place to listen at, IPv6 addresses in brackets, without a slash at the end. */
export function httpUrl({ host, port }: HttpConfig): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Whether a host stands for all addresses of the machine, and so for none that a client could use. */
function isEveryAddress(host: string): boolean {
  return ['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0'].includes(host);
}

function readPublicUrl(value: string | undefined, http: HttpConfig, problems: Problems): string {
  if (!value) return httpUrl(isEveryAddress(http.host) ? { ...http, host: 'localhost' } : http);
  const url = parseUrl(value, ['http:', 'https:']);
  if (!url || /[?#]/.test(value) || url.username !== '' || url.password !== '') {
    const expected =
      'an http or https URL without query, fragment, user and password, such as https://example.com/gateway';
    complain(problems, 'PUBLIC_URL', value, expected);
    return value;
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

const largestMaxConnections = 1_000_000;

/** MAX_CONNECTIONS, of one process. */
export function readMaxConnections(value: string | undefined, problems: Problems): number {
  if (!value) return limits.connections.atOnce;
  const most = /^\d{1,7}$/.test(value) ? Number(value) : 0;
  if (most < 1 || most > largestMaxConnections)
    complain(problems, 'MAX_CONNECTIONS', value, `a whole number from 1 to ${largestMaxConnections}`);
  return most;
}

/** HOST and PORT, and what PUBLIC_URL says every address in an answer begins with. */
export function readHttp(env: NodeJS.ProcessEnv, problems: Problems): { http: HttpConfig; publicUrl: string } {
  const http = Object.freeze({ host: parseHost(env['HOST']), port: readPort(env['PORT'], problems) });
  return { http, publicUrl: readPublicUrl(env['PUBLIC_URL'], http, problems) };
}
