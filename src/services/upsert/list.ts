import { setTimeout as delay } from 'node:timers/promises';
import type { Actor } from '../../actor.ts';
import type { UpsertEngine } from './engine.ts';
import type { Entry, Settled } from './entry.ts';
import type { Kind, ResultOf } from './model.ts';
import { takeRound } from './rounds.ts';
import type { UpsertItem } from './types.ts';

/** How long entries that lost a race wait before they go round again, in milliseconds: by chance, so that they part. */
export function jitter(lost: readonly { readonly losses: number }[]): number {
  return Math.random() * Math.min(Math.max(...lost.map(({ losses }) => losses)) * 2, 50);
}

/** Has some of the waiting entries go a round, and answers those that lost it and those whose turn comes later. */
type TakeTurn<K extends Kind> = (
  waiting: readonly Entry<K>[],
) => Promise<{ readonly lost: readonly Entry<K>[]; readonly later: readonly Entry<K>[] }>;

/** Makes entries of items, takes turns until all are settled, and answers the fates in the items' order. */
export async function settleByTurns<K extends Kind>(
  engine: UpsertEngine<K>,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
  takeTurn: TakeTurn<K>,
): Promise<readonly Settled<ResultOf<K>>[]> {
  const settled: Settled<ResultOf<K>>[] = [];
  let waiting: readonly Entry<K>[] = items.map((item, index) =>
    engine.admit({ item, userId: actor.userId, settle: (fate) => (settled[index] = fate) }),
  );
  while (waiting.length > 0) {
    const { lost, later } = await takeTurn(waiting);
    if (lost.length > 0) await delay(jitter(lost));
    waiting = [...lost, ...later];
  }
  return settled;
}

/**
 * Upserts many records and answers for each, in order. Items that use one reference take effect in their order; a record
 * that is created is there for all the others, wherever it stands. Never throws: see `UpsertEngine.round`.
 */
export function settleList<K extends Kind>(
  engine: UpsertEngine<K>,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
): Promise<readonly Settled<ResultOf<K>>[]> {
  return settleByTurns(engine, actor, items, async (waiting) => {
    const { round, later } = takeRound(waiting);
    return { lost: await engine.round(actor.organization, round), later };
  });
}

/** The result; throws the failure. */
export function requireResult<Result>(settled: Settled<Result>): Result {
  if ('failure' in settled) throw settled.failure;
  return settled.result;
}
