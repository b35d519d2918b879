import type { StoredImage } from '../../contract/images.ts';
import type { PreparedImage } from './images.ts';
import type { CheckedItem, UpsertInput } from './types.ts';

/** One item on its way through the rounds. `stored` is its new image, once its files are written. */
export type Entry<Input> = {
  readonly index: number;
  checked: CheckedItem<Input>;
  prepared?: PreparedImage;
  stored?: StoredImage;
};

/** Splits off, in order, the entries that name no reference named by an earlier one: the round that may run at once. */
export function takeRound<Input extends UpsertInput>(
  waiting: readonly Entry<Input>[],
): { readonly round: readonly Entry<Input>[]; readonly later: readonly Entry<Input>[] } {
  const taken = new Set<string>();
  const round: Entry<Input>[] = [];
  const later: Entry<Input>[] = [];
  for (const entry of waiting) {
    const { reference, newReference } = entry.checked.input;
    const references = newReference ? [reference, newReference] : [reference];
    (references.some((each) => taken.has(each)) ? later : round).push(entry);
    for (const each of references) taken.add(each);
  }
  return { round, later };
}
