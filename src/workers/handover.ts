import type { ChildProcess } from 'node:child_process';

/** Of a worker. Both, since Node tells only of the exit where a connection that was handed to it was not taken over. */
export const endings = ['disconnect', 'exit'] as const;

type Connection = { readonly close: () => void };

/** What Node's cluster says when it hands a connection over, and what it hears once the worker has answered for it. */
type Handover = { readonly act: 'newconn'; readonly seq: number };
type Answer = { readonly ack: number };

function isHandover(message: unknown): message is Handover {
  if (typeof message !== 'object' || message === null) return false;
  return 'act' in message && message.act === 'newconn' && 'seq' in message && typeof message.seq === 'number';
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'ack' in message && typeof message.ack === 'number';
}

function isConnection(value: unknown): value is Connection {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

/**
 * Cuts off the connections that were handed to a worker which is gone before it answered for them. Node's cluster forgets
 * them, open (nodejs/node-v0.x-archive#7006), so that their clients would wait until they give up by themselves. One that is
 * answered for is Node's again: closed if the worker took it over, else handed to another.
 */
export function cutOffForgotten(worker: ChildProcess): void {
  // There is no channel to a process that could not be started.
  if (worker.pid === undefined) return;
  const handedOver = new Map<number, Connection>();
  const send = worker.send.bind(worker);
  worker.send = new Proxy(send, {
    apply: (_, self, args: Parameters<typeof send>) => {
      const [message, connection] = args;
      if (isHandover(message) && isConnection(connection)) handedOver.set(message.seq, connection);
      return send(...args);
    },
  });
  worker.on('internalMessage', (message: unknown) => {
    if (isAnswer(message)) handedOver.delete(message.ack);
  });
  const cutOff = () => {
    for (const connection of handedOver.values()) connection.close();
    handedOver.clear();
  };
  for (const event of endings) worker.once(event, cutOff);
}
