import { type UpsertError, texts } from '../../contract/errors.ts';
import type { StoredImage, UploadedFile } from '../../contract/images.ts';
import { createWarning } from '../../contract/warnings.ts';
import type { Stored } from '../records.ts';
import type { Findings, Index } from './relations.ts';
import type { CheckedItem, UpsertInput, UpsertIntent } from './types.ts';

/** Everything one judgement looks at; `stored` is undefined while the record does not exist. */
export type Case<Input, Row> = {
  readonly item: CheckedItem<Input>;
  readonly input: Input;
  readonly stored: Row | undefined;
  readonly findings: Findings;
};

/** What a value becomes: `undefined` keeps what is stored, `null` and creation take the fallback (ruling 13). */
export function keep<T>(sent: T | null | undefined, stored: T | undefined, fallback: T): T {
  return sent === undefined ? (stored ?? fallback) : (sent ?? fallback);
}

/** Like `keep`, for what may be empty. */
export function keepOptional<T>(sent: T | null | undefined, stored: T | null | undefined): T | null {
  return sent === undefined ? (stored ?? null) : sent;
}

/** Finds that `parameter` is missing, unless its field was sent and is unusable. */
export function miss({ item, findings }: Case<unknown, unknown>, field: string, parameter: string): void {
  if (item.refused.has(field)) return;
  findings.errors.push({ code: 'missing_param', message: texts.missing(parameter), path: [field] });
}

/** What the caller's intent has against the record as it is stored; undefined where it may go on. */
export function findConflict(
  { mode = 'upsert', ifVersion }: UpsertIntent,
  stored: Stored | undefined,
): UpsertError | undefined {
  const conflict = (message: string): UpsertError => {
    return { code: 'conflict', message, path: ['reference'], currentVersion: stored?.version ?? null };
  };
  const expectsVersion = ifVersion !== undefined && ifVersion !== null;
  if (stored && mode === 'create') return conflict(texts.exists);
  if (!stored && (mode === 'update' || expectsVersion)) return conflict(texts.doesNotExist);
  if (stored && expectsVersion && ifVersion !== stored.version) return conflict(texts.versionDiffers(stored.version));
  return undefined;
}

/** The reference the record will have: a rename is for existing records and free references only (ruling 19). */
export function judgeReference<Row>(kase: Case<UpsertInput, Row>, rows: Index<Row>): string {
  const { input, stored, findings } = kase;
  if (!input.newReference) return input.reference;
  if (!stored) {
    findings.warnings.push(createWarning('reference_ignored', 'newReference'));
    return input.reference;
  }
  if (rows.byReference.has(input.newReference)) {
    findings.errors.push({ code: 'not_unique', message: texts.notUnique, path: ['newReference'] });
  }
  return input.newReference;
}

/** The name the record will have; a blank one is missing (ruling 17). */
export function judgeName(
  kase: Case<UpsertInput & { readonly name?: string | null | undefined }, { readonly name: string }>,
): string {
  const { input, stored } = kase;
  const name = (input.name === undefined ? stored?.name : input.name) ?? '';
  if (name.trim() === '') miss(kase, 'name', 'name');
  return name;
}

/** The image the record will have: the same file sent again keeps the stored one (ruling 18). */
export function judgeImage(
  sent: UploadedFile | null | undefined,
  stored: StoredImage | null | undefined,
  newImage: StoredImage | undefined,
): StoredImage | null {
  if (sent === null) return null;
  return newImage && newImage.sha256 !== stored?.sha256 ? newImage : (stored ?? null);
}
