import { normalizeReference } from '../contract/references.ts';
import type { Collection, RowResult } from './collection.ts';
import type { Draft } from './draft.ts';

/** What a dry run knows beside what is stored: the records that earlier rows of the file would create. */
export class Foresight {
  readonly #collection: Collection;
  readonly #created = new Set<string>();

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** The result of a row, to whom a parent that an earlier row would create is there. */
  correct(draft: Draft, result: RowResult): RowResult {
    const corrected = this.#forgive(draft, result);
    if (corrected.ok && corrected.outcome === 'created') this.#created.add(this.#collection.referenceOf(draft));
    return corrected;
  }

  #forgive(draft: Draft, result: RowResult): RowResult {
    if (result.ok || !this.#isParentForeseen(draft)) return result;
    const errors = result.errors.filter(
      ({ code, path }) => code !== 'not_found' || path[0] !== this.#collection.parentField,
    );
    if (errors.length > 0) return { ...result, errors };
    return { ok: true, outcome: result.exists ? 'updated' : 'created', warnings: [] };
  }

  #isParentForeseen({ input }: Draft): boolean {
    const parent = input[this.#collection.parentField];
    if (typeof parent !== 'object' || parent === null || !('reference' in parent)) return false;
    return typeof parent.reference === 'string' && this.#created.has(normalizeReference(parent.reference) ?? '');
  }
}
