import sharp from 'sharp';
import { writeBmp } from './bitmaps.ts';
import { deflateZeros, pngChunk, writePng } from './png.ts';

/** A picture that is small as a file and would be huge, or slow, to decode. */
export type Bomb = { readonly name: string; readonly make: () => Buffer | Promise<Buffer> };

const label = (text: string): Buffer => Buffer.from(`${text}\0\0`, 'latin1');

async function makeJpeg(): Promise<Buffer> {
  return sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
    .jpeg({ progressive: true })
    .toBuffer();
}

/** A JPEG whose frame header says this size. */
async function makeLyingJpeg(width: number, height: number): Promise<Buffer> {
  const bytes = await makeJpeg();
  const frame = bytes.indexOf(Uint8Array.of(0xff, 0xc2));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0, 0]);

async function makeManyScans(scans: number): Promise<Buffer> {
  const jpeg = await makeLyingJpeg(5_000, 5_000);
  return Buffer.concat([jpeg.subarray(0, -2), ...Array<Buffer>(scans).fill(scan), jpeg.subarray(-2)]);
}

/** A GIF of a screen of that size with one frame of that size, whose pixels are missing. */
function writeGif(screen: readonly [number, number], frame: readonly [number, number]): Buffer {
  const header = Buffer.from('GIF89a0000\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  header.writeUInt16LE(screen[0], 6);
  header.writeUInt16LE(screen[1], 8);
  return Buffer.concat([header, writeFrame(frame), Buffer.of(0x3b)]);
}

function writeFrame([width, height]: readonly [number, number]): Buffer {
  const descriptor = Buffer.alloc(10);
  descriptor[0] = 0x2c;
  descriptor.writeUInt16LE(width, 5);
  descriptor.writeUInt16LE(height, 7);
  return Buffer.concat([descriptor, Buffer.of(2, 2, 0x4c, 1, 0)]);
}

const palette = Array.from({ length: 256 }, (_, index) => [index, index, index] as const);

/** Pictures made to cost more than they may: all of them are refused. */
export const bombs: readonly Bomb[] = [
  { name: 'a PNG of 16 000 × 16 000', make: () => writePng({ width: 16_000, height: 16_000 }) },
  {
    name: 'an interlaced PNG of 16 000 × 16 000',
    make: () => writePng({ width: 16_000, height: 16_000, interlaced: true }),
  },
  {
    name: 'a PNG of 2 147 483 647 × 1',
    make: () => writePng({ width: 0x7fffffff, height: 1, pixels: deflateZeros(1) }),
  },
  { name: 'a PNG of 1 × 25 000 000', make: () => writePng({ width: 1, height: 25_000_000, pixels: deflateZeros(48) }) },
  {
    name: 'a PNG whose pixels inflate to 1 GB',
    make: () => writePng({ width: 65_535, height: 65_535, bits: 16, colour: 6, pixels: deflateZeros(1_000) }),
  },
  { name: 'a JPEG of 65 500 × 65 500', make: () => makeLyingJpeg(65_500, 65_500) },
  { name: 'a progressive JPEG of 5 000 scans', make: () => makeManyScans(5_000) },
  { name: 'a GIF of 65 535 × 65 535', make: () => writeGif([65_535, 65_535], [65_535, 65_535]) },
  { name: 'a GIF of a frame larger than its screen', make: () => writeGif([1, 1], [65_535, 65_535]) },
  {
    name: 'a BMP of 30 000 × 30 000 in 100 bytes',
    make: () => writeBmp({ width: 30_000, height: 30_000, bits: 24 }, Buffer.alloc(46)),
  },
  {
    name: 'a BMP of run lengths for 5 000 × 5 000',
    make: () => writeBmp({ width: 5_000, height: 5_000, bits: 8, compression: 1, palette }, Buffer.from([0, 1])),
  },
  {
    name: 'a BMP of 2 GB of palette',
    make: () => writeBmp({ width: 4, height: 4, bits: 8, coloursUsed: 0x7fffffff }, Buffer.alloc(64)),
  },
];

/** Pictures that hide something huge beside their pixels: what is hidden is never unpacked, so they are pictures like others. */
export const defused: readonly Bomb[] = [
  {
    name: 'a PNG with 1 GB of zTXt',
    make: () =>
      writePng({ width: 8, height: 8, before: [pngChunk('zTXt', Buffer.concat([label('a'), deflateZeros(1_000)]))] }),
  },
  {
    name: 'a PNG with 1 GB of iCCP',
    make: () =>
      writePng({ width: 8, height: 8, before: [pngChunk('iCCP', Buffer.concat([label('a'), deflateZeros(1_000)]))] }),
  },
  {
    name: 'a PNG with 1 GB behind its pixels',
    make: () => writePng({ width: 8, height: 8, pixels: deflateZeros(1_000) }),
  },
  {
    name: 'a PNG of 100 000 chunks of text',
    make: () =>
      writePng({ width: 8, height: 8, before: Array<Buffer>(100_000).fill(pngChunk('tEXt', Buffer.from('a\0b'))) }),
  },
  { name: 'a JPEG with 2 MB of EXIF', make: async () => withSegments(await makeJpeg(), 0xe1, 'Exif\0\0') },
  { name: 'a JPEG with 2 MB of ICC', make: async () => withSegments(await makeJpeg(), 0xe2, 'ICC_PROFILE\0') },
  { name: 'a GIF of a screen of 65 535 × 65 535 for one pixel', make: () => writeGif([65_535, 65_535], [1, 1]) },
  { name: 'a GIF of 100 000 frames', make: () => writeFrames(100_000) },
];

/** The JPEG with 31 full segments of this marker. */
function withSegments(jpeg: Buffer, marker: number, start: string): Buffer {
  const segments = Array.from({ length: 31 }, (_, index) => {
    const segment = Buffer.alloc(65_537);
    segment.set([0xff, marker, 0xff, 0xff]);
    segment.write(start, 4, 'latin1');
    segment.set([index + 1, 31], 4 + start.length);
    return segment;
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

function writeFrames(count: number): Buffer {
  const gif = writeGif([1, 1], [1, 1]);
  return Buffer.concat([gif.subarray(0, -1), ...Array<Buffer>(count - 1).fill(writeFrame([1, 1])), gif.subarray(-1)]);
}
