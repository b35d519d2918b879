import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../contract/limits.ts';

const { connections } = limits;

/** Connections that are only there to be told that they are too many. */
const excess = new WeakSet<Socket>();

/** Requests that are not answered yet, by their connections. */
const unanswered = new WeakMap<Socket, number>();

/**
 * Keeps a server to so many connections. On some more the first request is to be refused (`isInExcess`), and the connection
 * closed with it; the rest are closed at once. Node's own limit closes them all, and has workers that are full pass them on
 * for ever.
 */
export function limitConnections(server: Server, most: number): void {
  let open = 0;
  server.on('connection', (socket: Socket) => {
    if (open >= most + connections.refusedAtOnce) {
      socket.destroy();
      return;
    }
    if (open >= most) excess.add(socket);
    open += 1;
    socket.once('close', () => (open -= 1));
  });
}

/** Whether a request came on a connection that is one too many. */
export function isInExcess({ socket }: IncomingMessage): boolean {
  return excess.has(socket);
}

/** Counts a request in until it is answered, and tells whether too many of its connection wait: sent without waiting for answers. */
export function isOverrun({ socket }: IncomingMessage, response: ServerResponse): boolean {
  const before = unanswered.get(socket) ?? 0;
  unanswered.set(socket, before + 1);
  response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
  return before >= connections.requestsAtOnce;
}
