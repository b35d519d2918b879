import { createHash } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';
import { rawPath } from './raw-path.ts';
import type { BlobStore } from '../storage/blob-store.ts';

const contentTypes = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['jpe', 'image/jpeg'],
  ['jfif', 'image/jpeg'],
  ['png', 'image/png'],
  ['gif', 'image/gif'],
]);

const imagePath = /^\/([^/?#]+\/photoCustomer(?:Category)?\/[^/?#]+)$/;

function namesTag(header: string | null, tag: string): boolean {
  return header?.split(',').some((each) => ['*', tag, `W/${tag}`].includes(each.trim())) ?? false;
}

/** Serves stored images: what is at an address never changes, so it may be kept for a year (ruling 40). */
export function useImages(blobs: BlobStore): Plugin {
  return {
    async onRequest(event) {
      const { request, fetchAPI } = event;
      const key = imagePath.exec(rawPath(request.url))?.[1];
      if (key === undefined) return;
      const type = contentTypes.get(key.slice(key.lastIndexOf('.') + 1).toLowerCase());
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        event.endResponse(
          new fetchAPI.Response('This address answers GET, HEAD only.\n', {
            status: 405,
            headers: { allow: 'GET, HEAD' },
          }),
        );
        return;
      }
      const blob = type === undefined ? undefined : await blobs.read(key);
      if (!blob || type === undefined) {
        event.endResponse(new fetchAPI.Response('There is no such image.\n', { status: 404 }));
        return;
      }
      const tag = `"${createHash('sha256').update(key).digest('base64url').slice(0, 22)}"`;
      const headers = {
        'content-type': type,
        'content-length': String(blob.size),
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        etag: tag,
      };
      if (namesTag(request.headers.get('if-none-match'), tag)) {
        event.endResponse(
          new fetchAPI.Response(null, {
            status: 304,
            headers: { etag: tag, 'cache-control': headers['cache-control'] },
          }),
        );
        return;
      }
      event.endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : blob.body, { headers }));
    },
  };
}
