import type { StoredImage } from '../../contract/images.ts';
import type { Column } from './columns.ts';

/** What two values have in common that are the same: of images what they show. */
function identify(value: unknown): unknown {
  if (Array.isArray(value)) return value.join();
  return typeof value === 'object' && value !== null ? (value as Partial<StoredImage>).sha256 : (value ?? null);
}

/** The input fields whose value differs between two states, in the columns' order; images by what they show. */
export function changedFields<Key extends string>(
  columns: readonly Column<Key>[],
  before: { readonly [K in Key]?: unknown },
  after: { readonly [K in Key]: unknown },
): string[] {
  const changed: string[] = [];
  for (const { key, field } of columns) if (identify(before[key]) !== identify(after[key])) changed.push(field);
  return changed;
}
