/**
 * Wakes those who follow an organization's changes. It says that there may be something new, never what, and may be
 * lost: who follows reads the changes themselves, and looks again from time to time.
 */
export type ChangeSignal = AsyncDisposable & {
  /** Says that changes of the organization were committed. Neither waits nor throws. */
  readonly announce: (organizationId: number) => void;
  /** Calls `wake` after every announcement and when all is over, until the answered function is called. */
  readonly listen: (organizationId: number, wake: () => void) => () => void;
  /** Tells everyone who follows to stop; announcing goes on. */
  readonly hangUp: () => void;
  readonly isHungUp: () => boolean;
};

/** A signal within this process; `wakeAll` is for when announcements from elsewhere may have been missed. */
export type LocalSignal = ChangeSignal & { readonly wakeAll: () => void };

/** Creates a signal that reaches this process only. */
export function createLocalSignal(): LocalSignal {
  const listeners = new Map<number, Set<() => void>>();
  let hungUp = false;
  const wakeAll = () => {
    for (const wakes of listeners.values()) for (const wake of wakes) wake();
  };
  const hangUp = () => {
    hungUp = true;
    wakeAll();
  };
  return {
    announce: (organizationId) => {
      for (const wake of listeners.get(organizationId) ?? []) wake();
    },
    listen: (organizationId, wake) => {
      const wakes = listeners.get(organizationId) ?? new Set();
      listeners.set(organizationId, wakes.add(wake));
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0 && listeners.get(organizationId) === wakes) listeners.delete(organizationId);
      };
    },
    hangUp,
    isHungUp: () => hungUp,
    wakeAll,
    [Symbol.asyncDispose]: () => {
      hangUp();
      return Promise.resolve();
    },
  };
}
