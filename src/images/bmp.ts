import { limits } from '../contract/limits.ts';
import { type BmpHeader, readBmpHeader } from './bmp-header.ts';
import { drawRunLengths } from './bmp-rle.ts';
import { UnsupportedImageError } from './errors.ts';

/** Pixels as RGBA, four bytes each, rows from the top; `opaque` says that every alpha is 255. */
export type DecodedBmp = {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly opaque: boolean;
};

/** RGBA as one number a pixel, in the machine's byte order. */
const asPixels = (rgba: Uint8Array): Uint32Array => new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);

// Indices a short palette leaves out are black.
function readPalette(bytes: Uint8Array, { palette }: BmpHeader): Uint32Array {
  const rgba = new Uint8Array(256 * 4);
  for (let index = 0; index < 256; index += 1) rgba[index * 4 + 3] = 255;
  for (let index = 0; index < palette.entries; index += 1) {
    const at = palette.offset + index * palette.entryBytes;
    const [blue, green, red] = bytes.subarray(at, at + 3);
    rgba.set([red ?? 0, green ?? 0, blue ?? 0], index * 4);
  }
  return asPixels(rgba);
}

function rowStart({ height, topDown, pixelOffset, rowBytes }: BmpHeader, y: number): number {
  return pixelOffset + (topDown ? y : height - 1 - y) * rowBytes;
}

// Byte by byte, since a small file of 1-bit pixels is a large picture and nobody else runs meanwhile.
function drawIndices(bytes: Uint8Array, header: BmpHeader, palette: Uint32Array, pixels: Uint32Array): void {
  const { width, height, bitsPerPixel: bits } = header;
  const mask = 2 ** bits - 1;
  for (let y = 0; y < height; y += 1) {
    const end = (y + 1) * width;
    let at = rowStart(header, y);
    for (let pixel = y * width; pixel < end; at += 1) {
      const byte = bytes[at] ?? 0;
      for (let shift = 8 - bits; shift >= 0 && pixel < end; shift -= bits) {
        pixels[pixel] = palette[(byte >> shift) & mask] ?? 0;
        pixel += 1;
      }
    }
  }
}

type Channel = { readonly shift: number; readonly mask: number; readonly values: Uint8Array };

/** How to bring the bits of `mask` to 0…255; of a channel wider than eight bits the upper eight count. */
function createChannel(mask: number): Channel {
  if (mask === 0) return { shift: 0, mask: 0, values: Uint8Array.of(0) };
  const low = 31 - Math.clz32(mask & -mask);
  const bits = 32 - Math.clz32(mask) - low;
  if (2 ** bits - 1 !== mask >>> low) throw new UnsupportedImageError('BMP: a channel mask with holes');
  const kept = Math.min(bits, 8);
  const top = 2 ** kept - 1;
  const values = Uint8Array.from({ length: top + 1 }, (_, value) => Math.round((value * 255) / top));
  return { shift: low + bits - kept, mask: top, values };
}

const readChannel = ({ shift, mask, values }: Channel, word: number): number => values[(word >>> shift) & mask] ?? 0;

function drawPacked(bytes: Uint8Array, header: BmpHeader, rgba: Uint8Array): void {
  const { width, height, masks } = header;
  const pixelBytes = header.bitsPerPixel / 8;
  const red = createChannel(masks.red);
  const green = createChannel(masks.green);
  const blue = createChannel(masks.blue);
  const alpha = createChannel(masks.alpha);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    let at = rowStart(header, y);
    for (let x = 0; x < width; x += 1) {
      let word = 0;
      for (let shift = 0; shift < header.bitsPerPixel; shift += 8) word |= (bytes[at + shift / 8] ?? 0) << shift;
      rgba[to] = readChannel(red, word);
      rgba[to + 1] = readChannel(green, word);
      rgba[to + 2] = readChannel(blue, word);
      rgba[to + 3] = readChannel(alpha, word);
      at += pixelBytes;
      to += 4;
    }
  }
}

/**
 * Makes every alpha 255 where the picture has none, which is also what viewers take a channel of nothing but zeros for.
 * Returns whether the picture is opaque.
 */
function settleAlpha(rgba: Uint8Array, hasAlpha: boolean): boolean {
  let [seen, opaque] = [false, true];
  for (let at = 3; hasAlpha && at < rgba.length; at += 4) {
    if (rgba[at] !== 0) seen = true;
    if (rgba[at] !== 255) opaque = false;
  }
  if (seen) return opaque;
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  return true;
}

/**
 * Decodes a BMP of any usual kind: OS/2 and Windows headers, 1 to 32 bits, RLE, bit fields, top-down. Pixels a run-length
 * picture skips are transparent. Throws an UnsupportedImageError for everything else, before it allocates anything
 * larger than the file and `maxPixels` justify.
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number = limits.images.areaPixels): DecodedBmp {
  const header = readBmpHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), maxPixels);
  const { width, height, encoding } = header;
  const data = new Uint8Array(width * height * 4);
  if (encoding === 'packed') {
    drawPacked(bytes, header, data);
    return { width, height, data, opaque: settleAlpha(data, header.masks.alpha !== 0) };
  }
  const palette = readPalette(bytes, header);
  const pixels = asPixels(data);
  if (encoding === 'rle') {
    return { width, height, data, opaque: drawRunLengths(bytes, header, palette, pixels) === width * height };
  }
  drawIndices(bytes, header, palette, pixels);
  return { width, height, data, opaque: true };
}
