import { type UpsertError, texts } from '../../contract/errors.ts';
import { normalizeReference } from '../../contract/references.ts';
import type { UpsertInput, UpsertItem } from './types.ts';

/** The references an item uses, normalised (ruling 3); undefined where there is none that could name a record. */
type Used = { readonly reference: string | undefined; readonly newReference: string | undefined };

function findUsed({ input }: UpsertItem<UpsertInput>): Used {
  const reference = normalizeReference(input.reference) || undefined;
  const newReference = normalizeReference(input.newReference ?? '') || undefined;
  return { reference, newReference: newReference === reference ? undefined : newReference };
}

function countEach(texts: readonly (string | undefined)[]): ReadonlyMap<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const text of texts) if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** For each item the place of the last one with its reference, which is its own place where there is no later one. */
export function findLast(items: readonly UpsertItem<UpsertInput>[]): readonly number[] {
  const references = items.map((item) => findUsed(item).reference);
  const last = new Map(references.map((reference, index) => [reference, index]));
  return references.map((reference, index) => (reference === undefined ? index : (last.get(reference) ?? index)));
}

/**
 * Refuses the items that stand in each other's way: all those of one reference, since nobody can tell which of them was
 * meant, and those to be renamed to what another item has or is to get as its reference.
 */
export function refuseDuplicates<Input extends UpsertInput>(
  items: readonly UpsertItem<Input>[],
): readonly UpsertItem<Input>[] {
  const used = items.map(findUsed);
  const references = countEach(used.map(({ reference }) => reference));
  const newReferences = countEach(used.map(({ newReference }) => newReference));
  const refuse = (field: string): UpsertError => ({ code: 'duplicate', message: texts.duplicate, path: [field] });
  return items.map((item, index) => {
    const { reference, newReference } = used[index] ?? findUsed(item);
    const isRepeated = (references.get(reference) ?? 0) > 1;
    const isContested = references.has(newReference) || (newReferences.get(newReference) ?? 0) > 1;
    const problems = [...(isRepeated ? [refuse('reference')] : []), ...(isContested ? [refuse('newReference')] : [])];
    return problems.length > 0 ? { ...item, problems: [...item.problems, ...problems] } : item;
  });
}
