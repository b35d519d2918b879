import type { OrganizationIdentity } from '../../actor.ts';
import type { StoredImage } from '../../contract/images.ts';
import type { UpsertDeps } from '../deps.ts';
import type { Entry } from './entry.ts';
import { discardImage, isPrepared, prepareImage, retireImage, storeImage } from './images.ts';
import type { ImageField, Kind, RowOf } from './model.ts';
import type { WriteVerdict } from './types.ts';

/** The images of entries on their way into the store, and out of it again where they are not wanted in the end. */
export class EntryImages<K extends Kind> {
  readonly #deps: UpsertDeps;
  readonly #field: ImageField<K>;

  constructor(deps: UpsertDeps, field: ImageField<K>) {
    this.#deps = deps;
    this.#field = field;
  }

  /** Makes an entry's renditions in memory, once; a picture that is no good becomes one of the entry's errors. */
  async prepare(entry: Entry<K>, existing: K['state'] | undefined): Promise<void> {
    const { image, errors, refused } = entry.checked;
    if (!image || entry.prepared) return;
    const { name, ofState } = this.#field;
    const prepared = await prepareImage(this.#deps, image, existing ? ofState(existing) : null, name);
    if (isPrepared(prepared)) entry.prepared = prepared;
    else if (prepared !== 'same') {
      const withError = { errors: [...errors, prepared], refused: new Set([...refused, name]) };
      entry.checked = { ...entry.checked, ...withError, image: undefined };
    }
  }

  /** What judging takes for the entry's new image: its path is empty while it is not stored. */
  describe({ prepared, stored }: Entry<K>): StoredImage | undefined {
    return stored ?? (prepared && { ...prepared.size, sha256: prepared.sha256, path: '' });
  }

  /** Whether the state names a new image whose files are not written yet. */
  isAwaitedBy(state: K['state']): boolean {
    return this.#field.ofState(state)?.path === '';
  }

  /** Writes the files that the verdict waits for, and puts them into it. */
  async store(
    entry: Entry<K>,
    verdict: WriteVerdict<K['state'], RowOf<K>>,
    organization: OrganizationIdentity,
  ): Promise<WriteVerdict<K['state'], RowOf<K>>> {
    if (!entry.prepared || !this.isAwaitedBy(verdict.next)) return verdict;
    entry.stored = await storeImage(this.#deps, organization, this.#field.folder, entry.prepared);
    return { ...verdict, next: this.#field.into(verdict.next, entry.stored) };
  }

  /** Takes back the files of an entry that will not be written. One in doubt keeps them: a stray file is better than a row without its file. */
  async discard(entry: Entry<K>): Promise<void> {
    if (!entry.stored || entry.doubt) return;
    await discardImage(this.#deps, entry.stored);
    delete entry.stored;
  }

  /** Whether a change leaves images without a name: the old one, or the new one that was not needed. */
  hasUnnamed(entry: Entry<K>, before: K['state'] | undefined, after: K['state']): boolean {
    const kept = this.#field.ofState(after)?.path;
    const old = before && this.#field.ofState(before)?.path;
    return (old ?? kept) !== kept || (entry.stored?.path ?? kept) !== kept;
  }

  /** Removes them, once the change is committed. */
  async removeUnnamed(entry: Entry<K>, before: K['state'] | undefined, after: K['state']): Promise<void> {
    const kept = this.#field.ofState(after)?.path;
    const old = before ? this.#field.ofState(before) : null;
    if (old && old.path !== kept) await retireImage(this.#deps, old);
    if (entry.stored && entry.stored.path !== kept) await this.discard(entry);
  }
}
