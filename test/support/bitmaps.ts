/** Little-endian numbers of 1 to 4 bytes. */
const number = (value: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index += 1) buffer[index] = Math.floor(value / 256 ** index) & 255;
  return buffer;
};

export type Colour = readonly [red: number, green: number, blue: number];

export type BmpFields = {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** 12 is OS/2 1.x, 16 and 64 are OS/2 2.x, 40 and more are Windows. */
  readonly headerBytes?: number;
  readonly compression?: number;
  readonly topDown?: boolean;
  readonly planes?: number;
  readonly coloursUsed?: number;
  readonly palette?: readonly Colour[];
  readonly masks?: readonly number[];
  /** Bytes between the palette and the pixels. */
  readonly gap?: number;
  readonly pixelOffset?: number;
};

const writeHeader = (fields: BmpFields, headerBytes: number, masks: Buffer): Buffer => {
  const { width, height, bits, planes = 1, compression = 0, coloursUsed = 0 } = fields;
  if (headerBytes === 12) {
    return Buffer.concat([number(12, 4), ...[width, height, planes, bits].map((value) => number(value, 2))]);
  }
  const written = Buffer.concat([
    number(headerBytes, 4),
    number(width, 4),
    number(fields.topDown ? 2 ** 32 - height : height, 4),
    number(planes, 2),
    number(bits, 2),
    ...[compression, 0, 2835, 2835, coloursUsed, 0].map((value) => number(value, 4)),
    masks,
  ]);
  // The old header is followed by the masks, the newer ones hold them.
  const padded = Buffer.concat([written, Buffer.alloc(Math.max(0, headerBytes - written.length))]);
  return headerBytes === 40 ? padded : padded.subarray(0, headerBytes);
};

/** Writes a BMP around its pixel data. */
export const writeBmp = (fields: BmpFields, pixels: Uint8Array): Buffer => {
  const { headerBytes = 40, palette = [], masks = [], gap = 0 } = fields;
  const header = writeHeader(fields, headerBytes, Buffer.concat(masks.map((mask) => number(mask, 4))));
  const entry = headerBytes === 12 ? [] : [0];
  const colours = Buffer.from(palette.flatMap(([red, green, blue]) => [blue, green, red, ...entry]));
  const pixelOffset = 14 + header.length + colours.length + gap;
  const total = pixelOffset + pixels.length;
  const start = [Buffer.from('BM'), number(total, 4), number(0, 4), number(fields.pixelOffset ?? pixelOffset, 4)];
  return Buffer.concat([...start, header, colours, Buffer.alloc(gap), pixels]);
};

type Grid = readonly (readonly number[])[];

/** Rows of numbers, from the top, as uncompressed pixels of so many bits. */
export const packRows = (rows: Grid, bits: number, topDown = false): Buffer => {
  const packed = rows.map((row) => {
    const bytes = Buffer.alloc(Math.ceil((row.length * bits) / 32) * 4);
    for (const [x, value] of row.entries()) {
      if (bits >= 8) number(value, bits / 8).copy(bytes, (x * bits) / 8);
      else bytes[(x * bits) >> 3] = (bytes[(x * bits) >> 3] ?? 0) | (value << (8 - bits - ((x * bits) % 8)));
    }
    return bytes;
  });
  return Buffer.concat(topDown ? packed : packed.reverse());
};

const asNibbles = (values: readonly number[]): number[] => {
  const bytes: number[] = [];
  for (let x = 0; x < values.length; x += 2) bytes.push(((values[x] ?? 0) << 4) | (values[x + 1] ?? 0));
  return bytes;
};

const encodeRun = (values: readonly number[], bits: number): number[] => {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return [values.length, bits === 4 ? first * 17 : first];
  if (values.length < 3) return values.flatMap((value) => [1, bits === 4 ? value << 4 : value]);
  const data = bits === 4 ? asNibbles(values) : [...values];
  return [0, values.length, ...data, ...(data.length % 2 === 1 ? [0] : [])];
};

/** Rows of palette indices, from the top, as run lengths: runs, pixels as they are, line ends and the end mark. */
export const encodeRuns = (rows: Grid, bits: 4 | 8, topDown = false): Buffer => {
  const encodeRow = (row: readonly number[]): number[] => {
    const bytes: number[] = [];
    for (let x = 0; x < row.length; x += 7) bytes.push(...encodeRun(row.slice(x, x + 7), bits));
    return [...bytes, 0, 0];
  };
  const ordered = topDown ? rows : rows.toReversed();
  return Buffer.from([...ordered.flatMap(encodeRow), 0, 1]);
};
