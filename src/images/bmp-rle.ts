import type { BmpHeader } from './bmp-header.ts';
import { UnsupportedImageError } from './errors.ts';

/**
 * Draws the run lengths of an RLE4 or RLE8 picture into `pixels` (one element a pixel, from the top) and returns how
 * many it drew; those a picture skips are left as they are. Throws an UnsupportedImageError when the data ends early.
 */
export function drawRunLengths(
  bytes: Uint8Array,
  header: BmpHeader,
  palette: Uint32Array,
  pixels: Uint32Array,
): number {
  const { width, height, topDown } = header;
  const nibbles = header.bitsPerPixel === 4;
  let [at, x, y, drawn] = [header.pixelOffset, 0, 0, 0];

  const next = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw new UnsupportedImageError('BMP: the file ends before its pixels');
    at += 1;
    return byte;
  };
  const colour = (index: number): number => palette[index] ?? 0;
  // A run never leaves its row, whatever it says.
  const span = (count: number): { readonly from: number; readonly length: number } => {
    const length = Math.min(count, width - x);
    const from = (topDown ? y : height - 1 - y) * width + x;
    x += length;
    drawn += length;
    return { from, length };
  };

  const drawRun = (count: number): void => {
    const value = next();
    const { from, length } = span(count);
    if (!nibbles) {
      pixels.fill(colour(value), from, from + length);
      return;
    }
    const pair = [colour(value >> 4), colour(value & 15)] as const;
    for (let i = 0; i < length; i += 1) pixels[from + i] = i % 2 === 0 ? pair[0] : pair[1];
  };

  const drawAsIs = (count: number): void => {
    const dataBytes = nibbles ? Math.ceil(count / 2) : count;
    const start = at;
    at += dataBytes + (dataBytes % 2);
    if (start + dataBytes > bytes.length) throw new UnsupportedImageError('BMP: the file ends before its pixels');
    const { from, length } = span(count);
    for (let i = 0; i < length; i += 1) {
      const byte = bytes[start + (nibbles ? i >> 1 : i)] ?? 0;
      pixels[from + i] = colour(!nibbles ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
    }
  };

  while (y < height) {
    // Some writers leave out the end mark: all rows drawn is as good.
    if (at >= bytes.length && y === height - 1 && x === width) break;
    const count = next();
    if (count > 0) {
      drawRun(count);
      continue;
    }
    const escape = next();
    if (escape === 1) break;
    if (escape === 0) [x, y] = [0, y + 1];
    else if (escape === 2) [x, y] = [Math.min(x + next(), width), y + next()];
    else drawAsIs(escape);
  }
  return drawn;
}
