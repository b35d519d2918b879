import type { Names } from './entry.ts';

type Waiting = { readonly names: Names };

type Choice<Each> = {
  readonly busy?: Pick<ReadonlySet<string>, 'has'>;
  readonly most?: number;
  readonly suits?: (entry: Each) => boolean;
};

/**
 * Splits off, in order, at most `most` of the entries that suit and that may run at once to the same effect as one after
 * another: none uses a name that an earlier one uses or that is `busy`, none needs one that an earlier one renames or
 * that is `busy`.
 */
export function takeRound<Each extends Waiting>(
  waiting: readonly Each[],
  { busy = new Set<string>(), most = Infinity, suits = () => true }: Choice<Each> = {},
): { readonly round: readonly Each[]; readonly later: readonly Each[] } {
  const used = new Set<string>();
  const renamed = new Set<string>();
  const round: Each[] = [];
  const later: Each[] = [];
  for (const entry of waiting) {
    if (round.length >= most) {
      later.push(entry);
      continue;
    }
    const { own, needs } = entry.names;
    const isFree =
      suits(entry) &&
      own.every((name) => !used.has(name) && !busy.has(name)) &&
      needs.every((name) => !renamed.has(name) && !busy.has(name));
    (isFree ? round : later).push(entry);
    for (const name of own) {
      used.add(name);
      if (own.length > 1) renamed.add(name);
    }
  }
  return { round, later };
}

/** Those that may rename what others need, and those others: once one of them is written alone the other cannot be. */
export function findEntangled<Each extends Waiting>(entries: readonly Each[]): ReadonlySet<Each> {
  const needed = new Set(entries.flatMap(({ names }) => names.needs));
  const renaming = entries.filter(({ names: { own } }) => own.length > 1 && needed.has(own[0] ?? ''));
  if (renaming.length === 0) return new Set();
  const renamed = new Set(renaming.flatMap(({ names }) => names.own.slice(0, 1)));
  return new Set([...renaming, ...entries.filter(({ names }) => names.needs.some((name) => renamed.has(name)))]);
}

/** Whether no record has the reference yet. */
type IsNew = (reference: string) => boolean;

function needsOf({ names: { own, needs, needsIfNew } }: Waiting, isNew: IsNew): readonly string[] {
  return isNew(own[0] ?? '') ? needsIfNew : needs;
}

/** The entries in their order, but those that `isNew` says are to be created ahead of those that need them. */
export function orderByNeeds<Each extends Waiting>(entries: readonly Each[], isNew: IsNew): readonly Each[] {
  const needed = findNeeded(entries, isNew);
  if (needed.size === 0) return entries;
  const ordered = new Set<Each>();
  const onTheWay = new Set<Each>();
  for (const start of entries) {
    // Without recursion: a list may be one line of a thousand generations.
    const stack = [start];
    for (let entry = stack.at(-1); entry; entry = stack.at(-1)) {
      onTheWay.add(entry);
      const next = needsOf(entry, isNew)
        .map((name) => needed.get(name))
        .find((each) => each && !onTheWay.has(each));
      if (next) stack.push(next);
      else {
        stack.pop();
        ordered.add(entry);
      }
    }
  }
  return [...ordered];
}

/** The entries by the references that are created by them and needed by others. */
export function findNeeded<Each extends Waiting>(entries: readonly Each[], isNew: IsNew): ReadonlyMap<string, Each> {
  const needs = new Set(entries.flatMap((entry) => needsOf(entry, isNew)));
  const needed = new Map<string, Each>();
  if (needs.size === 0) return needed;
  for (const entry of entries) {
    const [reference = ''] = entry.names.own;
    if (needs.has(reference) && isNew(reference)) needed.set(reference, entry);
  }
  return needed;
}
