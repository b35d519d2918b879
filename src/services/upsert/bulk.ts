import type { Actor } from '../../actor.ts';
import { type UpsertErrorCode, texts } from '../../contract/errors.ts';
import { createWarning } from '../../contract/warnings.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { findLast, refuseDuplicates } from './duplicates.ts';
import type { UpsertEngine } from './engine.ts';
import type { Settled } from './entry.ts';
import { requireResult, settleByTurns } from './list.ts';
import type { Kind, ResultOf } from './model.ts';
import type { UpsertItem, UpsertOutcome, UpsertResult } from './types.ts';

/** What becomes of the other items where one is refused. */
export type OnError = 'rejectAll' | 'skipFailed';

/** What becomes of several items with one reference. */
export type OnDuplicate = 'reject' | 'lastWins';

/** The rules of one bulk upsert. `report` is told of the failures that are answered as an item's SERVER_ERROR. */
export type BulkRules = {
  readonly onError: OnError;
  readonly onDuplicate: OnDuplicate;
  readonly report?: ((failure: unknown) => void) | undefined;
};

/** How many items ended in which way; together they are all items. */
export type BulkCounts = Readonly<Record<UpsertOutcome | 'failed' | 'superseded', number>>;

/** What became of each item, in order. */
export type BulkAnswer<Result> = { readonly results: readonly Result[]; readonly counts: BulkCounts };

/**
 * Upserts many records as one step, in a number of statements that does not depend on theirs. Records that are created
 * are there for all others, wherever they stand, and relations follow the references that records had before the step.
 *
 * With `skipFailed` each item is on its own: whatever keeps one from its result is its own error, and nothing is thrown.
 * With `rejectAll` one transaction does all or nothing: where an item is refused the others are aborted, and what is no
 * item's fault is thrown, a ServiceUnavailableError among it. With `lastWins` the earlier items of a reference are left
 * out, and answered like the last one of it, with a warning.
 */
export async function upsertBulk<K extends Kind>(
  engine: UpsertEngine<K>,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
  { onError, onDuplicate, report }: BulkRules,
): Promise<BulkAnswer<ResultOf<K>>> {
  const last = onDuplicate === 'lastWins' ? findLast(items) : items.map((_, index) => index);
  const kept = items.filter((_, index) => last[index] === index);
  const settled = await settleTogether(engine, actor, refuseDuplicates(kept), onError);
  const done =
    onError === 'rejectAll' ? settled.map(requireResult) : settled.map((each) => tellFailure<K>(each, report));
  const places = last.filter((place, index) => place === index);
  const byPlace = new Map(places.map((place, index) => [place, done[index]]));
  return {
    results: last.map((place, index) => standIn(byPlace.get(place), place !== index)),
    counts: count(done, items),
  };
}

/** Settles items that don't use each other's references, all of them at once. */
function settleTogether<K extends Kind>(
  engine: UpsertEngine<K>,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
  onError: OnError,
): Promise<readonly Settled<ResultOf<K>>[]> {
  const round = onError === 'rejectAll' ? 'roundAllOrNone' : 'round';
  return settleByTurns(engine, actor, items, async (waiting) => {
    return { lost: await engine[round](actor.organization, waiting), later: [] };
  });
}

/** The result, or the failure as the item's error. */
function tellFailure<K extends Kind>(settled: Settled<ResultOf<K>>, report: BulkRules['report']): ResultOf<K> {
  if ('result' in settled) return settled.result;
  const { failure } = settled;
  if (failure instanceof ServiceUnavailableError) return fail('service_unavailable', failure.message);
  report?.(failure);
  return fail('server_error', texts.serverError);
}

function fail(code: UpsertErrorCode, message: string) {
  return { ok: false, errors: [{ code, message, path: [] }] } as const;
}

/** What is answered for an item: its own result, or that of the one that superseded it. */
function standIn<Result extends UpsertResult<unknown, unknown>>(
  result: Result | undefined,
  isSuperseded: boolean,
): Result {
  if (!result) throw new Error('An item was left without a result.');
  if (!isSuperseded || !result.ok) return result;
  return { ...result, warnings: [...result.warnings, createWarning('superseded', 'reference')] };
}

function count(done: readonly UpsertResult<unknown, unknown>[], items: readonly unknown[]): BulkCounts {
  const counts = { created: 0, updated: 0, unchanged: 0, failed: 0, superseded: items.length - done.length };
  for (const result of done) counts[result.ok ? result.outcome : 'failed'] += 1;
  return counts;
}
