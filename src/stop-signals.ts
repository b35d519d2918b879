import { once } from 'node:events';

/** What emits SIGINT and SIGTERM, such as the process. */
export type Signals = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

const stopNames: readonly string[] = ['SIGINT', 'SIGTERM'];

/** Aborts on the first SIGINT or SIGTERM; a second one is left to Node, which ends the process at once. */
export function listenForStop(
  signals: Signals,
  names = stopNames,
): { readonly stop: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
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

/** Waits for the first SIGINT or SIGTERM, likewise; `others` are further events of `signals` that end the waiting. */
export async function waitForSignal(signals: Signals, ...others: readonly string[]): Promise<void> {
  await once(listenForStop(signals, [...stopNames, ...others]).stop, 'abort');
}
