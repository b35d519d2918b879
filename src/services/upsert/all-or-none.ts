import { type UpsertError, texts } from '../../contract/errors.ts';
import type { Entry } from './entry.ts';
import type { Kind } from './model.ts';
import type { Judged } from './sight.ts';

function refuse<K extends Kind>(entry: Entry<K>, errors: readonly UpsertError[]): Judged<K> {
  return { entry, verdict: { kind: 'refused', errors }, newId: undefined };
}

/** The judgement on an entry that names no record, so that nothing of it can be read. */
export function refuseUnread<K extends Kind>(entry: Entry<K>): Judged<K> {
  return refuse(entry, entry.checked.errors);
}

/** The same judgements or, where one of them is a refusal, refusals all: as aborted where nothing is wrong with the entry itself. */
export function abortOthers<K extends Kind>(judged: readonly Judged<K>[]): readonly Judged<K>[] {
  if (judged.every(({ verdict }) => verdict.kind !== 'refused')) return judged;
  return judged.map((each) =>
    each.verdict.kind === 'refused'
      ? each
      : refuse(each.entry, [{ code: 'aborted', message: texts.aborted, path: [] }]),
  );
}
