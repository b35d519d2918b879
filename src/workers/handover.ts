import type { ChildProcess } from 'node:child_process';

type Handle = { readonly close: () => void };

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

/**
 * Cuts off the connection that was handed to a worker which did not get to take it over before it was gone. Node's cluster
 * forgets it, open (nodejs/node#7006 of its archive), so that the client would wait until it gives up by itself. A worker
 * gets the next connection only when it has answered for the last, which its primary closes then, so there is one at most.
 */
export function cutOffForgotten(worker: ChildProcess): void {
  let last: Handle | undefined;
  const send = worker.send.bind(worker);
  worker.send = new Proxy(send, {
    apply: (_, self, args: Parameters<typeof send>) => {
      const [, handle] = args;
      if (isHandle(handle)) last = handle;
      return send(...args);
    },
  });
  // To close what is closed already does nothing.
  const cutOff = () => last?.close();
  worker.once('disconnect', cutOff).once('exit', cutOff);
}
