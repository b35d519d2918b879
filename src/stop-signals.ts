import { once } from 'node:events';

type Signals = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/** Aborts on the first SIGINT or SIGTERM; a second one is left to Node, which ends the process at once. */
export function listenForStop(signals: Signals): { readonly stop: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM'];
  const release = () => {
    for (const name of names) signals.off(name, abort);
  };
  const abort = () => {
    controller.abort();
    release();
  };
  for (const name of names) signals.on(name, abort);
  return { stop: controller.signal, release };
}

/** Waits for the first SIGINT or SIGTERM, likewise. */
export async function waitForSignal(signals: Signals): Promise<void> {
  await once(listenForStop(signals).stop, 'abort');
}
