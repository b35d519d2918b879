import type { StoredImage } from '../../contract/images.ts';
import type { PreparedImage } from './images.ts';
import type { Ties } from './model.ts';
import type { CheckedItem, UpsertInput } from './types.ts';

/** One item on its way through the rounds. */
export type Entry<Input> = {
  readonly index: number;
  checked: CheckedItem<Input>;
  prepared?: PreparedImage;
  /** Its new image, once the files are written. */
  stored?: StoredImage;
  /** How often another writer was first. */
  losses: number;
  /** The connection broke while it was being written: nobody knows whether it was. */
  isInDoubt: boolean;
};

/**
 * Splits off, in order, the entries that neither name nor rest on a reference that an earlier one names: the round that
 * may run at once, to the same effect as one after another.
 */
export function takeRound<Input extends UpsertInput>(
  waiting: readonly Entry<Input>[],
  tiesOf: (input: Input) => Ties,
): { readonly round: readonly Entry<Input>[]; readonly later: readonly Entry<Input>[] } {
  const taken = new Set<string>();
  const round: Entry<Input>[] = [];
  const later: Entry<Input>[] = [];
  for (const entry of waiting) {
    const { input } = entry.checked;
    const { needs, claims } = tiesOf(input);
    const own = [input.reference, ...(input.newReference ? [input.newReference] : []), ...claims];
    ([...own, ...needs].some((name) => taken.has(name)) ? later : round).push(entry);
    for (const name of own) taken.add(name);
  }
  return { round, later };
}
