import { once } from 'node:events';
import { type Server, createServer } from 'node:net';
import type { HttpConfig } from './config/http.ts';

/** The address cannot be listened on. The message names the variable to change. */
export class ListenError extends Error {
  override name = 'ListenError';
}

/** The variables that say where to listen, for those who read why it cannot be. */
type Variables = { readonly port: string; readonly host: string };

const usualVariables: Variables = { port: 'PORT', host: 'HOST' };

function createListenError(error: unknown, { host, port }: HttpConfig, names: Variables): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons = new Map<unknown, string>([
    [
      'EADDRINUSE',
      `${names.port} ${port} on ${host} is in use by another program: stop it, or set ${names.port} to a free one.`,
    ],
    ['EACCES', `${names.port} ${port} is not for this user to listen on: set ${names.port} to 1024 or more.`],
    ['EADDRNOTAVAIL', `${names.host} ${host} is no address of this machine: set ${names.host} to 127.0.0.1.`],
    ['ENOTFOUND', `${names.host} ${host} is no address of this machine: set ${names.host} to 127.0.0.1.`],
  ]);
  const reason = reasons.get(code);
  return reason === undefined ? error : new ListenError(reason, { cause: error });
}

/** Listens where the settings say and answers the port. Throws a `ListenError` where that cannot be. */
export async function listen(server: Server, http: HttpConfig, names = usualVariables): Promise<number> {
  try {
    server.listen(http.port, http.host);
    await once(server, 'listening');
  } catch (error) {
    throw createListenError(error, http, names);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : http.port;
}

/** Throws a `ListenError` where `listen` would just now. */
export async function requireListenable(http: HttpConfig): Promise<void> {
  const server = createServer();
  await listen(server, http);
  server.close();
  await once(server, 'close');
}
