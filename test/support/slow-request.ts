import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request under way; `finish` sends the rest of it and resolves to all that came back. */
export type SlowRequest = { readonly socket: Socket; readonly finish: () => Promise<string> };

/** Sends a request for a customer but for the last bytes of its body, and waits until the server has read that far. */
export async function startSlowRequest(port: number, reference = 'slow'): Promise<SlowRequest> {
  const socket = connect(port, '127.0.0.1');
  const head = [`POST /api/v1.0/customers/reference/${reference} HTTP/1.1`, 'Host: localhost', 'Content-Length: 9'];
  socket.write(
    [...head, 'Content-Type: application/x-www-form-urlencoded', 'Expect: 100-continue', '', 'name='].join('\r\n'),
  );
  await once(socket, 'data');
  return {
    socket,
    finish: () => {
      socket.write('Slow');
      return text(socket);
    },
  };
}
