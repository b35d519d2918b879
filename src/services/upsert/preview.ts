import type { Actor } from '../../actor.ts';
import type { UpsertError } from '../../contract/errors.ts';
import type { UpsertWarning } from '../../contract/warnings.ts';
import { inOrganization } from '../../db/organization.ts';
import type { Database } from '../../db/schema.ts';
import { sortErrors } from './check-item.ts';
import { createEntry, isNamed } from './entry.ts';
import type { Kind, RowOf, UpsertModel } from './model.ts';
import { judgeInOrder, look } from './sight.ts';
import type { UpsertItem, UpsertOutcome, Verdict } from './types.ts';

/** What an upsert of one item would do; `exists` is whether its record is there. */
export type Preview =
  | { readonly ok: true; readonly outcome: UpsertOutcome; readonly warnings: readonly UpsertWarning[] }
  | { readonly ok: false; readonly errors: readonly UpsertError[]; readonly exists: boolean };

/** No ids that a record can have: what gets them is never written. */
function inventIds(_db: Database, _table: string, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => -1 - index);
}

/**
 * Tells what upserting the items would do, by what is stored now and by the parents among the items. One reading statement,
 * no lock and nothing written, so that it disturbs nobody; images are not looked at.
 */
export async function previewList<K extends Kind>(
  model: UpsertModel<K>,
  db: Database,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
): Promise<readonly Preview[]> {
  const { userId, organization } = actor;
  const entries = items.map((item) => createEntry(model, { item, userId, settle: () => undefined }));
  const sight = await look(model, inOrganization(db, organization.id), organization.id, entries.filter(isNamed), {
    withRelated: false,
    draw: inventIds,
  });
  // Judging adds what it foresees.
  const stored = new Set(model.rowsOf(sight.snapshot).byReference.keys());
  const verdicts = new Map(judgeInOrder(model, sight, () => undefined).map(({ entry, verdict }) => [entry, verdict]));
  const describe = (verdict: Verdict<K['state'], RowOf<K>>, exists: boolean): Preview => {
    if (verdict.kind === 'refused') return refuse(model, verdict.errors, exists);
    const changed = exists ? 'updated' : 'created';
    return { ok: true, outcome: verdict.kind === 'unchanged' ? 'unchanged' : changed, warnings: verdict.warnings };
  };
  return entries.map((entry) => {
    const { input, errors } = entry.checked;
    const verdict = verdicts.get(entry);
    return verdict ? describe(verdict, stored.has(input.reference)) : refuse(model, errors, false);
  });
}

function refuse<K extends Kind>(model: UpsertModel<K>, errors: readonly UpsertError[], exists: boolean): Preview {
  return { ok: false, errors: sortErrors(errors, model.parameters), exists };
}
