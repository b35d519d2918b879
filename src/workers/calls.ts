import type { Worker } from 'node:cluster';
import { type BirpcReturn, createBirpc } from 'birpc';
import { endings } from './handover.ts';

/** What a primary asks its workers. The answers are to be checked: a worker may be of another version than those before it. */
export type WorkerFunctions = {
  readonly takeSnapshot: () => Promise<unknown>;
  readonly reportReadiness: () => Promise<unknown>;
};

/** What a worker asks its primary: the figures of all. */
export type PrimaryFunctions = { readonly scrapeAll: () => Promise<unknown> };

/** How long an answer may take in milliseconds: a worker's readiness up to a second, and who answers for all waits for all. */
export const patience = { worker: 1_500, primary: 3_000 };

function isCall(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 't' in message;
}

/**
 * Connects the functions of two processes over the channel between them, on which other messages go too. Calls reject that
 * are not answered in time, and all once it is closed.
 */
export function connectFunctions<Remote extends object, Local extends object>(
  worker: Worker,
  functions: Local,
  timeout: number,
): BirpcReturn<Remote, Local> {
  const calls = createBirpc<Remote, Local>(functions, {
    // That nobody is there any more is heard of otherwise.
    post: (message: object) => void worker.send(message, () => undefined),
    on: (hear) => void worker.on('message', (message: unknown) => isCall(message) && hear(message)),
    timeout,
  });
  for (const event of endings) worker.once(event, () => calls.$close());
  return calls;
}
