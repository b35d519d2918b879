import { createHash } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';
import { rawPath } from './raw-path.ts';
import { pictureHeaders } from './security-headers.ts';
import { comeAgain, errorCatalogue, texts } from '../contract/errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { findContentType, immutable } from '../storage/content-types.ts';
import { StorageError } from '../storage/errors.ts';

/** The path of a stored image, and the key it is stored under. */
export const imagePath = /^\/([^/?#]+\/photoCustomer(?:Category)?\/[^/?#]+)$/;

function namesTag(header: string | null, tag: string): boolean {
  return header?.split(',').some((each) => ['*', tag, `W/${tag}`].includes(each.trim())) ?? false;
}

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: BodyInit | null };

const noImage: Answer = { status: 404, body: 'There is no such image.\n' };

/** A redirect is kept a while shorter than what it leads to can be fetched. */
const presignedMargin = 60;

async function answerPresigned(presign: NonNullable<BlobStore['presign']>, key: string, method: 'GET' | 'HEAD') {
  const presigned = await presign(key, method);
  if (!presigned) return noImage;
  const { url, seconds } = presigned;
  const cacheControl = `private, max-age=${Math.max(0, seconds - presignedMargin)}`;
  return { status: 302, headers: { location: url, 'cache-control': cacheControl } };
}

async function answerImage(blobs: BlobStore, key: string, request: Request): Promise<Answer> {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { allow: 'GET, HEAD' }, body: 'This address answers GET, HEAD only.\n' };
  }
  const type = findContentType(key);
  if (type === undefined) return noImage;
  if (blobs.presign) return await answerPresigned(blobs.presign, key, method);
  const blob = await blobs.read(key);
  if (!blob) return noImage;
  const etag = `"${createHash('sha256').update(key).digest('base64url').slice(0, 22)}"`;
  const caching = { etag, 'cache-control': immutable };
  if (namesTag(request.headers.get('if-none-match'), etag)) return { status: 304, headers: caching };
  const describing = { 'content-type': type, 'content-length': String(blob.size) };
  return { status: 200, headers: { ...describing, ...caching }, body: method === 'HEAD' ? null : blob.body };
}

function answerFailure(error: unknown, report: (failure: unknown) => void): Answer {
  if (!(error instanceof StorageError)) throw error;
  report(error);
  const { status } = errorCatalogue.service_unavailable;
  return { status, headers: comeAgain, body: `${texts.imagesAway}\n` };
}

/**
 * Serves stored images at their addresses, or sends clients on to the store where it presigns: what is at an address
 * never changes, so it may be kept for a year (ruling 40). `report` is told why the store could not be read.
 */
export function useImages(blobs: BlobStore, report: (failure: unknown) => void): Plugin {
  return {
    async onRequest(event) {
      const { request, fetchAPI } = event;
      const key = imagePath.exec(rawPath(request.url))?.[1];
      if (key === undefined) return;
      const {
        status,
        headers = {},
        body = null,
      } = await answerImage(blobs, key, request).catch((error: unknown) => answerFailure(error, report));
      event.endResponse(new fetchAPI.Response(body, { status, headers: { ...headers, ...pictureHeaders } }));
    },
  };
}
