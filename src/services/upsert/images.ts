import { createHash } from 'node:crypto';
import type { OrganizationIdentity } from '../../actor.ts';
import { type UpsertError, texts } from '../../contract/errors.ts';
import { type StoredImage, type UploadedFile, prefixFileName, renditions } from '../../contract/images.ts';
import { limits } from '../../contract/limits.ts';
import { ImagesBusyError, UnsupportedImageError } from '../../images/errors.ts';
import { imageFileName } from '../../images/file-names.ts';
import type { RenderedImage } from '../../images/render.ts';
import { StorageError } from '../../storage/errors.ts';
import type { UpsertDeps } from '../deps.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { findImagesKeptUntil } from '../kept-images.ts';

/** A new image ready to be stored. */
export type PreparedImage = {
  readonly sha256: string;
  readonly filename: string;
  readonly extension: RenderedImage['extension'];
  readonly size: { readonly width: number; readonly height: number };
  readonly files: RenderedImage['files'];
};

/** Tells a prepared image from the other answers of `prepareImage`. */
export function isPrepared(answer: PreparedImage | 'same' | UpsertError): answer is PreparedImage {
  return typeof answer === 'object' && 'sha256' in answer;
}

/**
 * Decodes an upload and makes its renditions in memory; `'same'` when it is the file that `stored` came from (ruling 18).
 * What is wrong with it is an error of the contract (ruling 38).
 */
export async function prepareImage(
  deps: UpsertDeps,
  upload: UploadedFile,
  stored: StoredImage | null,
  field: string,
): Promise<PreparedImage | 'same' | UpsertError> {
  if (upload.bytes.length > limits.images.fileBytes) {
    return { code: 'exceeded_file_size', message: texts.fileTooLarge, path: [field] };
  }
  const sha256 = createHash('sha256').update(upload.bytes).digest('hex');
  if (sha256 === stored?.sha256) return 'same';
  try {
    const { extension, width, height, files } = await deps.images.render(upload.bytes);
    return { sha256, filename: upload.filename, extension, size: { width, height }, files };
  } catch (error) {
    if (error instanceof ImagesBusyError) throw new ServiceUnavailableError(texts.tooManyImages);
    if (!(error instanceof UnsupportedImageError)) throw error;
    return { code: 'unsupported_file_type', message: texts.fileNotSupported, path: [field] };
  }
}

/** The keys of all renditions of a stored image. */
export function renditionKeys({ path }: StoredImage): string[] {
  return renditions.map(({ prefix }) => prefixFileName(path, prefix));
}

/**
 * Writes all renditions under a name nothing else has, and answers only when they are durable (rulings 39, 41). Throws a
 * `ServiceUnavailableError`, and leaves nothing behind, where the store cannot take them.
 */
export async function storeImage(
  deps: UpsertDeps,
  organization: OrganizationIdentity,
  kind: string,
  image: PreparedImage,
): Promise<StoredImage> {
  try {
    return await writeRenditions(deps, organization, kind, image);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // The client is told to come again; why is for those who run the store.
    deps.report?.(error);
    throw new ServiceUnavailableError(texts.imagesAway);
  }
}

async function writeRenditions(
  deps: UpsertDeps,
  organization: OrganizationIdentity,
  kind: string,
  { sha256, filename, extension, size, files }: PreparedImage,
): Promise<StoredImage> {
  const create = (path: string, { prefix, bytes }: PreparedImage['files'][number]) =>
    deps.blobs.create(prefixFileName(path, prefix), bytes);
  const [first, ...others] = files;
  for (let millis = deps.now().getTime(); ; millis += 1) {
    const path = `${organization.folder}/${kind}/${imageFileName(filename, extension, millis)}`;
    if (first && !(await create(path, first))) continue;
    const image = { path, sha256, ...size };
    // All of them end before any is removed: one that is still being written would stay behind.
    const attempts = await Promise.allSettled(others.map((file) => create(path, file)));
    const failure = attempts.find((attempt) => attempt.status === 'rejected');
    if (!failure) return image;
    await discardImage(deps, image);
    throw failure.reason;
  }
}

/**
 * Removes the files of an image that rows have named until now, once that change is committed, unless a backup wants them:
 * then, or where that cannot be told, a sweep finds them later. Never fails.
 */
export async function retireImage(deps: UpsertDeps, image: StoredImage): Promise<void> {
  const isKept = await findImagesKeptUntil(deps.db).then(Boolean, () => true);
  if (!isKept) await discardImage(deps, image);
}

/**
 * Removes the files of an image that no row names. Never fails: what stays behind harms nobody, and the call that no
 * longer needs it has been decided.
 */
export async function discardImage(deps: UpsertDeps, image: StoredImage): Promise<void> {
  await deps.blobs.delete(renditionKeys(image)).catch(() => undefined);
}
