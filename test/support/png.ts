import { constants, crc32, deflateRawSync, deflateSync } from 'node:zlib';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A chunk of a PNG, with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

type PngFields = {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample; 1 unless told. */
  readonly bits?: number;
  /** 0 is grey, 2 RGB, 3 a palette, 6 RGBA. */
  readonly colour?: number;
  readonly interlaced?: boolean;
  /** Chunks before the pixels. */
  readonly before?: readonly Uint8Array[];
  /** The pixels, compressed; black ones unless told. */
  readonly pixels?: Uint8Array;
};

const mebibyte = deflateRawSync(Buffer.alloc(1_048_576), { level: 9, finishFlush: constants.Z_FULL_FLUSH });

/** So many mebibytes of zeros, compressed to a thousandth, without making them first. */
export function deflateZeros(mebibytes: number): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt16BE((mebibytes * 1_048_576) % 65_521, 0);
  checksum.writeUInt16BE(1, 2);
  const blocks = Array<Buffer>(mebibytes).fill(mebibyte);
  return Buffer.concat([Buffer.of(0x78, 0xda), ...blocks, deflateRawSync(Buffer.alloc(0)), checksum]);
}

/** A PNG, however large it says it is. */
export function writePng({
  width,
  height,
  bits = 1,
  colour = 0,
  interlaced = false,
  before = [],
  pixels,
}: PngFields): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour, 0, 0, interlaced ? 1 : 0], 8);
  const black = () => deflateSync(Buffer.alloc((Math.ceil((width * bits) / 8) + 1) * height));
  const chunks = [pngChunk('IHDR', header), ...before, pngChunk('IDAT', pixels ?? black())];
  return Buffer.concat([signature, ...chunks, pngChunk('IEND', Buffer.alloc(0))]);
}
