import sharp, { type Sharp } from 'sharp';
import { renditions } from '../contract/images.ts';
import { limits } from '../contract/limits.ts';
import { readBmpHeader } from './bmp-header.ts';
import { decodeBmp } from './bmp.ts';
import { ImagesBusyError, UnsupportedImageError } from './errors.ts';
import { identifyImage, type ImageFormat } from './identify.ts';
import { createJobQueue } from '../job-queue.ts';
import type { Load } from '../monitor.ts';
import { checkJpegScans, checkSize } from './limits.ts';

// libvips opens SVG, TIFF, HEIF and more by content: nothing but these three may ever read a stranger's bytes.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadNsgifBuffer'],
});
// No picture comes twice, and pictures are rendered side by side rather than one by several threads.
sharp.cache(false);
sharp.concurrency(1);

export type ImageExtension = 'jpg' | 'png' | 'gif';

type Rendition = (typeof renditions)[number];

/** The files of one picture, in the order of `renditions`; `width` and `height` are those of the full size, in pixels. */
export type RenderedImage = {
  readonly extension: ImageExtension;
  readonly width: number;
  readonly height: number;
  readonly files: readonly { readonly prefix: Rendition['prefix']; readonly bytes: Uint8Array }[];
};

export type ImageRendererOptions = {
  /** Pictures rendered at the same time, as long as they have not more than `maxPixels` together: 25 million hold 300 MB. */
  readonly maxConcurrent?: number;
  readonly maxQueued?: number;
  readonly maxPixels?: number;
};

export type ImageRenderer = {
  /** Rejects with an UnsupportedImageError (ruling 38), or an ImagesBusyError when the queue is full. */
  readonly render: (bytes: Uint8Array) => Promise<RenderedImage>;
  /** How many pictures wait, and how many are being rendered. */
  readonly load: () => Load;
};

type Size = { readonly width: number; readonly height: number };
type Picture = Size & { readonly bytes: Uint8Array };

const extensions = { jpeg: 'jpg', png: 'png', gif: 'gif', bmp: 'png' } as const satisfies Record<
  ImageFormat,
  ImageExtension
>;

// A JPEG's own Huffman tables save 3 % of a photograph, for a third of the CPU of all three sizes, and more of a small picture.
// A reused GIF palette loses colours, a new one of the same colours does not; more effort costs five times the CPU.
const encoders: Record<ImageExtension, (image: Sharp, isFull: boolean) => Sharp> = {
  jpg: (image, isFull) => image.jpeg({ quality: 85, optimiseCoding: !isFull }),
  png: (image) => image.png(),
  gif: (image) => image.gif({ reuse: false, effort: 4 }),
};

async function encode(image: Sharp, extension: ImageExtension, isFull: boolean): Promise<Picture> {
  const { data, info } = await encoders[extension](image, isFull).toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}

async function renderBmp(bytes: Uint8Array, maxPixels: number): Promise<Picture> {
  const { width, height, data, opaque } = decodeBmp(bytes, maxPixels);
  const image = sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: maxPixels });
  return await encode(opaque ? image.removeAlpha() : image, extensions.bmp, true);
}

/** Told by the header alone, before anything is decoded. Throws an UnsupportedImageError for more than is decoded. */
async function readSize(bytes: Uint8Array, format: ImageFormat, maxPixels: number): Promise<Size> {
  if (format === 'bmp') return readBmpHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), maxPixels);
  const { width, height } = await refuseFailures(sharp(bytes, { limitInputPixels: maxPixels }).metadata());
  checkSize(width, height, maxPixels);
  return { width, height };
}

async function refuseFailures<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw new UnsupportedImageError('the picture does not decode', { cause });
  }
}

async function renderForeign(bytes: Uint8Array, extension: ImageExtension, maxPixels: number): Promise<Picture> {
  // 'error' rather than 'warning': phones write JPEGs that every viewer shows and libjpeg warns of.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, autoOrient: true });
  return await refuseFailures(encode(image, extension, true));
}

/** The size at which a picture fits the square of `box` pixels: never enlarged, no side below one pixel. */
function fitInside({ width, height }: Size, box: number): Size {
  const scale = Math.min(1, box / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function resize(picture: Picture, size: Size, extension: ImageExtension): Promise<Picture> {
  if (picture.width === size.width && picture.height === size.height) return picture;
  const { width, height } = size;
  return await encode(
    sharp(picture.bytes, { limitInputPixels: false }).resize({ width, height, fit: 'fill' }),
    extension,
    false,
  );
}

const largestFirst = renditions.toSorted((a, b) => (b.box ?? Infinity) - (a.box ?? Infinity));

// The stranger's bytes are decoded once; every smaller picture comes from the next larger one of ours, which costs
// less than decoding again and has been turned upright and brought to sRGB already.
async function renderAll(bytes: Uint8Array, format: ImageFormat, maxPixels: number): Promise<RenderedImage> {
  const extension = extensions[format];
  const full = format === 'bmp' ? await renderBmp(bytes, maxPixels) : await renderForeign(bytes, extension, maxPixels);
  const pictures = new Map<Rendition, Picture>();
  let larger = full;
  for (const rendition of largestFirst) {
    if (rendition.box !== null) larger = await resize(larger, fitInside(full, rendition.box), extension);
    pictures.set(rendition, larger);
  }
  const files = renditions.map((rendition) => ({
    prefix: rendition.prefix,
    bytes: (pictures.get(rendition) ?? full).bytes,
  }));
  return { extension, width: full.width, height: full.height, files };
}

/** Renders pictures into the contract's sizes as our own encoder writes them: upright, sRGB, without metadata (ruling 40). */
export function createImageRenderer(options: ImageRendererOptions = {}): ImageRenderer {
  const { decoding, areaPixels } = limits.images;
  const { maxConcurrent = decoding.atOnce, maxQueued = decoding.waiting, maxPixels = areaPixels } = options;
  const queue = createJobQueue({
    maxConcurrent,
    maxQueued,
    maxWeight: maxPixels,
    refuse: () => new ImagesBusyError(`${maxQueued} pictures are waiting already`),
  });
  return {
    load: queue.load,
    render: async (bytes) => {
      const format = identifyImage(bytes);
      if (!format) throw new UnsupportedImageError('neither JPEG, GIF, PNG nor BMP');
      if (format === 'jpeg') checkJpegScans(bytes);
      const { width, height } = await readSize(bytes, format, maxPixels);
      return await queue.run(() => renderAll(bytes, format, maxPixels), width * height);
    },
  };
}
