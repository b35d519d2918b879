import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Finish = () => void;

/** What is to be told when a connection goes. */
const waiting = new WeakMap<Socket, Set<Finish>>();

function watch(socket: Socket): Set<Finish> {
  const all = new Set<Finish>();
  waiting.set(socket, all);
  socket.once('close', () => {
    for (const finish of all) finish();
  });
  return all;
}

/**
 * Calls back once, when the answer is sent or its connection gone; at once where that is so already. Node itself says nothing of
 * answers that were still waiting behind others when their connection went.
 */
export function whenOver(response: ServerResponse, callback: () => void): void {
  const { socket } = response.req;
  if (socket.destroyed || response.closed) {
    callback();
    return;
  }
  const all = waiting.get(socket) ?? watch(socket);
  const finish = () => {
    if (all.delete(finish)) callback();
  };
  all.add(finish);
  response.once('close', finish);
}
