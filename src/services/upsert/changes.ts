import type { StoredImage } from '../../contract/images.ts';
import type { Column } from './columns.ts';

/** Whether two values of a column are the same: lists item by item, images by what they show; undefined is null. */
function areSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => item === other[index]);
  }
  return identify(one) === identify(other);
}

function identify(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as Partial<StoredImage>).sha256 : (value ?? null);
}

/** The input fields whose value differs between two states, in the columns' order; images by what they show. */
export function changedFields<Key extends string>(
  columns: readonly Column<Key>[],
  before: { readonly [K in Key]?: unknown },
  after: { readonly [K in Key]: unknown },
): string[] {
  const changed: string[] = [];
  for (const { key, field } of columns) if (!areSame(before[key], after[key])) changed.push(field);
  return changed;
}
