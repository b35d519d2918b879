/** The bytes are no JPEG, GIF, PNG or BMP, do not decode, or ask for more than the gateway spends on one picture (ruling 38). */
export class UnsupportedImageError extends Error {
  override readonly name = 'UnsupportedImageError';
}

/** As many pictures as allowed are being rendered and as many again as allowed are waiting: try later. */
export class ImagesBusyError extends Error {
  override readonly name = 'ImagesBusyError';
}
