import { UnsupportedImageError } from './errors.ts';
import { checkSize } from './limits.ts';

/** How the pixels lie in a BMP: indices into the palette, packed channels, or run lengths. */
export type BmpEncoding = 'indexed' | 'packed' | 'rle';

/** Where a channel's bits are within a pixel; 0 for a channel the picture doesn't have. */
export type ChannelMasks = {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
};

/** A BMP's header whose numbers are known to fit the file and the pixel limit; offsets and sizes in bytes. */
export type BmpHeader = {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  readonly encoding: BmpEncoding;
  readonly masks: ChannelMasks;
  readonly palette: { readonly offset: number; readonly entryBytes: number; readonly entries: number };
  readonly pixelOffset: number;
  /** Of an uncompressed row, its padding included. */
  readonly rowBytes: number;
};

const fileHeaderBytes = 14;
const coreHeaderBytes = 12;
const infoHeaderBytes = 40;
const maxHeaderBytes = 124;
/** From here on (BITMAPV2INFOHEADER) the masks are part of the header instead of following it. */
const headerBytesWithMasks = 52;
const headerBytesWithAlphaMask = 56;
/** OS/2 2.x keeps other things where Windows has its masks. */
const os2HeaderBytes = 64;

const encodings = new Map<string, BmpEncoding>([
  ...[1, 4, 8].map((bits) => [`0/${bits}`, 'indexed'] as const),
  ...[16, 24, 32].map((bits) => [`0/${bits}`, 'packed'] as const),
  ['1/8', 'rle'],
  ['2/4', 'rle'],
  ...[3, 6].flatMap((compression) => [16, 32].map((bits) => [`${compression}/${bits}`, 'packed'] as const)),
]);

const plainMasks: Record<number, ChannelMasks> = {
  16: { red: 0x7c00, green: 0x03e0, blue: 0x001f, alpha: 0 },
  24: { red: 0xff0000, green: 0xff00, blue: 0xff, alpha: 0 },
  32: { red: 0xff0000, green: 0xff00, blue: 0xff, alpha: 0 },
};

const noMasks: ChannelMasks = { red: 0, green: 0, blue: 0, alpha: 0 };

function refuse(reason: string): never {
  throw new UnsupportedImageError(`BMP: ${reason}`);
}

type Fields = {
  readonly width: number;
  readonly height: number;
  readonly planes: number;
  readonly bitsPerPixel: number;
  readonly compression: number;
  readonly colours: number;
};

// OS/2 2.x headers may end early: what they leave out is 0.
function readFields(view: DataView, headerBytes: number): Fields {
  const at = (offset: number): number => fileHeaderBytes + offset;
  if (headerBytes === coreHeaderBytes) {
    return {
      width: view.getUint16(at(4), true),
      height: view.getUint16(at(6), true),
      planes: view.getUint16(at(8), true),
      bitsPerPixel: view.getUint16(at(10), true),
      compression: 0,
      colours: 0,
    };
  }
  return {
    width: view.getInt32(at(4), true),
    height: view.getInt32(at(8), true),
    planes: view.getUint16(at(12), true),
    bitsPerPixel: view.getUint16(at(14), true),
    compression: headerBytes >= 20 ? view.getUint32(at(16), true) : 0,
    colours: headerBytes >= 36 ? view.getUint32(at(32), true) : 0,
  };
}

/** Bytes of masks behind the header, where it is the old one that has no place for them. */
function trailingMaskBytes(headerBytes: number, compression: number): number {
  if (headerBytes !== infoHeaderBytes) return 0;
  return compression === 3 ? 12 : compression === 6 ? 16 : 0;
}

function readMasks(view: DataView, headerBytes: number, { bitsPerPixel, compression }: Fields): ChannelMasks {
  if (compression !== 3 && compression !== 6) return plainMasks[bitsPerPixel] ?? noMasks;
  const inHeader = headerBytes >= headerBytesWithMasks && headerBytes !== os2HeaderBytes;
  if (headerBytes !== infoHeaderBytes && !inHeader) refuse('no room for channel masks');
  const mask = (index: number): number => view.getUint32(fileHeaderBytes + infoHeaderBytes + index * 4, true);
  const hasAlpha = inHeader ? headerBytes >= headerBytesWithAlphaMask : compression === 6;
  return { red: mask(0), green: mask(1), blue: mask(2), alpha: hasAlpha ? mask(3) : 0 };
}

function measurePalette(
  headerBytes: number,
  offset: number,
  pixelOffset: number,
  { bitsPerPixel, colours }: Fields,
): BmpHeader['palette'] {
  const entryBytes = headerBytes === coreHeaderBytes ? 3 : 4;
  const room = Math.floor((pixelOffset - offset) / entryBytes);
  if (bitsPerPixel > 8) return { offset, entryBytes, entries: 0 };
  if (colours > room) refuse('the palette runs into the pixels');
  const all = 2 ** bitsPerPixel;
  return { offset, entryBytes, entries: Math.min(colours === 0 ? all : colours, all, room) };
}

// A run of two bytes draws at most 255 pixels: whoever promises more only wants the memory.
function checkPixelBytes(encoding: BmpEncoding, available: number, rows: number, rowBytes: number, width: number) {
  const enough = encoding === 'rle' ? width * rows <= (available / 2) * 255 : rowBytes * rows <= available;
  if (!enough) refuse('the file ends before its pixels');
}

/** Reads a BMP's header without allocating; throws an UnsupportedImageError unless all its numbers fit the file and the limit. */
export function readBmpHeader(view: DataView, maxPixels: number): BmpHeader {
  if (view.byteLength < fileHeaderBytes + coreHeaderBytes) refuse('the file ends in its header');
  const pixelOffset = view.getUint32(10, true);
  const headerBytes = view.getUint32(fileHeaderBytes, true);
  if (headerBytes !== coreHeaderBytes && (headerBytes < 16 || headerBytes > maxHeaderBytes)) refuse('unknown header');
  if (fileHeaderBytes + headerBytes > view.byteLength) refuse('the file ends in its header');

  const fields = readFields(view, headerBytes);
  const { width, bitsPerPixel, compression } = fields;
  const height = Math.abs(fields.height);
  checkSize(width, height, maxPixels);
  if (fields.planes !== 1) refuse('more than one plane');
  const encoding = encodings.get(`${compression}/${bitsPerPixel}`) ?? refuse('unknown encoding');

  const paletteOffset = fileHeaderBytes + headerBytes + trailingMaskBytes(headerBytes, compression);
  if (pixelOffset < paletteOffset || pixelOffset >= view.byteLength) refuse('its pixels are elsewhere');
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  checkPixelBytes(encoding, view.byteLength - pixelOffset, height, rowBytes, width);
  return {
    width,
    height,
    topDown: fields.height < 0,
    bitsPerPixel,
    encoding,
    masks: readMasks(view, headerBytes, fields),
    palette: measurePalette(headerBytes, paletteOffset, pixelOffset, fields),
    pixelOffset,
    rowBytes,
  };
}
