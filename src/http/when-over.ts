import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Crowd } from '../crowd.ts';

type Finish = () => void;

/** What is to be told when a connection goes. */
const waiting = new WeakMap<Socket, Crowd<Finish>>();

function watch(socket: Socket): Crowd<Finish> {
  const all = new Crowd<Finish>();
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
    if (all.remove(finish, place)) callback();
  };
  const place = all.add(finish);
  response.once('close', finish);
}
