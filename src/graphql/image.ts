import { type StoredImage, prefixFileName } from '../contract/images.ts';
import { builder } from './builder.ts';
import type { GraphContext } from './context.ts';

/** The address of a stored image; `prefix` picks the rendition and goes directly before the file name (ruling 39). */
export function imageUrl({ path }: StoredImage, prefix: string, { publicUrl }: GraphContext): string {
  return `${publicUrl}/${prefixFileName(path, prefix)}`;
}

export const ImageRef = builder.objectRef<StoredImage>('Image').implement({
  description: 'A picture of a record: upright, without metadata, in three sizes that never change at their addresses.',
  fields: (t) => ({
    original: t.field({
      type: 'URL',
      description: 'The picture in full size.',
      resolve: (image, _args, context) => imageUrl(image, '', context),
    }),
    medium: t.field({
      type: 'URL',
      description: 'The picture within 480 × 480 pixels, never enlarged.',
      resolve: (image, _args, context) => imageUrl(image, 'medium_', context),
    }),
    small: t.field({
      type: 'URL',
      description: 'The picture within 120 × 120 pixels, never enlarged.',
      resolve: (image, _args, context) => imageUrl(image, 'small_', context),
    }),
    width: t.exposeInt('width', { description: 'Width of the full-size picture in pixels.' }),
    height: t.exposeInt('height', { description: 'Height of the full-size picture in pixels.' }),
  }),
});
