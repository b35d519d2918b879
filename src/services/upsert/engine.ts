import { setTimeout as delay } from 'node:timers/promises';
import type { Actor } from '../../actor.ts';
import { texts } from '../../contract/errors.ts';
import type { UpsertDeps } from '../deps.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { Stored } from '../records.ts';
import { checkItem } from './check-item.ts';
import type { Read, Ties, UpsertModel } from './model.ts';
import { type Entry, takeRound } from './rounds.ts';
import { UpsertRun } from './run.ts';
import type { UpsertInput, UpsertItem, UpsertOptions, UpsertResult } from './types.ts';

/** How long an item may lose races before the caller is told to come again, in milliseconds. */
const patience = 20_000;

/** Runs rounds until no entry is waiting: the earlier of two that name one reference first. */
async function runRounds<Input extends UpsertInput>(
  entries: readonly Entry<Input>[],
  tiesOf: (input: Input) => Ties,
  runRound: (round: readonly Entry<Input>[]) => Promise<readonly Entry<Input>[]>,
): Promise<void> {
  let deadline = performance.now() + patience;
  let waiting = entries;
  for (let lap = 1; waiting.length > 0; lap += 1) {
    const { round, later } = takeRound(waiting, tiesOf);
    const lost = await runRound(round);
    waiting = [...lost, ...later];
    if (lost.length < round.length) deadline = performance.now() + patience;
    if (lost.length === 0) continue;
    if (performance.now() > deadline) throw new ServiceUnavailableError(texts.tooManyWriters);
    await delay(Math.random() * Math.min(lap * 2, 50));
  }
}

/** The same world, where files are taken and not kept. */
function withoutKeepingFiles(deps: UpsertDeps): UpsertDeps {
  const blobs = { ...deps.blobs, create: () => Promise.resolve(true), delete: () => Promise.resolve() };
  return { ...deps, blobs };
}

/**
 * Upserts many records of one kind and answers for each, in order: created, updated, unchanged, or its errors. A round is
 * one reading and one writing statement; what lost a race with another writer goes round again (design.md). Nothing is
 * locked while JavaScript runs, but for changes of hierarchy and for what has lost again and again. Throws ServiceUnavailableError when nothing goes
 * forward for 20 s, and whatever the database and the store throw: every item is then written whole or not at all.
 * With `validateOnly` every item is judged by what is stored, not by the items before it; new ids are then examples.
 */
export async function upsertAll<Input extends UpsertInput, State, Row extends State & Stored, Snapshot extends Read>(
  model: UpsertModel<Input, State, Row, Snapshot>,
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<Input>[],
  options: UpsertOptions = {},
): Promise<readonly UpsertResult<Row, Snapshot>[]> {
  const run = new UpsertRun(model, options.validateOnly ? withoutKeepingFiles(deps) : deps, actor, options);
  const entries = items.map((item, index): Entry<Input> => {
    return { index, checked: checkItem(item, model.parameters, model.image.ofInput), losses: 0, isInDoubt: false };
  });
  const isNameless = ({ checked }: Entry<Input>) => checked.refused.has('reference');
  for (const entry of entries.filter(isNameless)) run.refuse(entry);
  const hasWritten = () => [...run.results.values()].some((result) => result.ok && result.outcome !== 'unchanged');
  try {
    await runRounds(
      entries.filter((entry) => !isNameless(entry)),
      model.tiesOf,
      (round) => run.round(round),
    );
  } catch (error) {
    // What may be committed keeps its files: a stray file is better than a row without its file.
    const unwritten = entries.filter(({ index, isInDoubt }) => !run.results.has(index) && !isInDoubt);
    await Promise.all(unwritten.map((entry) => run.discardImage(entry)));
    throw error;
  } finally {
    if (!options.validateOnly && hasWritten()) deps.signal?.announce(actor.organization.id);
  }
  return entries.map(({ index }) => {
    const result = run.results.get(index);
    if (!result) throw new Error('An item was left without a result.');
    return result;
  });
}
