import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBmp } from '../src/images/bmp.ts';
import { UnsupportedImageError } from '../src/images/errors.ts';
import { encodeRuns, packRows, writeBmp, type BmpFields, type Colour } from './support/bitmaps.ts';
import { tries } from './support/tries.ts';

const grid = (width: number, height: number, value: (x: number, y: number) => number): number[][] =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(x, y)));

/** Numbers that look random and are the same every time. */
const scatter = (seed: number): number => Math.imul(seed + 1, 2_654_435_761) >>> 0;

const palette = (count: number): Colour[] =>
  Array.from({ length: count }, (_, index) => [scatter(index) & 255, scatter(index + 300) & 255, 255 - index]);

const colourOf = (colours: readonly Colour[]) => (index: number) => [...(colours[index] ?? [0, 0, 0]), 255];

const pixelsOf = (rows: readonly (readonly number[])[], colour: (value: number) => number[]): Uint8Array =>
  Uint8Array.from(rows.flat().flatMap(colour));

const channel = (value: number, bits: number): number => Math.round((value * 255) / (2 ** bits - 1));

const expectPicture = (file: Uint8Array, width: number, height: number, data: Uint8Array): void => {
  const decoded = decodeBmp(file);
  expect({ width: decoded.width, height: decoded.height }).toEqual({ width, height });
  expect(Buffer.from(decoded.data).equals(data)).toBe(true);
};

const isRefused = (file: Uint8Array, maxPixels?: number): boolean => {
  try {
    decodeBmp(file, maxPixels);
    return false;
  } catch (error) {
    if (error instanceof UnsupportedImageError) return true;
    throw error;
  }
};

const indexedFile = (width: number, height: number, bits: number, fields: Partial<BmpFields> = {}) => {
  const colours = palette(2 ** bits);
  const rows = grid(width, height, (x, y) => scatter(x * 31 + y) % colours.length);
  const data = packRows(rows, bits, fields.topDown);
  return {
    file: writeBmp({ width, height, bits, palette: colours, ...fields }, data),
    expected: pixelsOf(rows, colourOf(colours)),
  };
};

const widths = [1, 2, 3, 4, 5, 7, 8, 9, 13, 31, 32, 33];

describe('indexed pixels', () => {
  test.each([1, 4, 8])('reads %i bits at every width', (bits) => {
    for (const width of widths) {
      const { file, expected } = indexedFile(width, 3, bits);
      expectPicture(file, width, 3, expected);
    }
  });

  test.each([12, 16, 40, 52, 56, 64, 108, 124])('reads a header of %i bytes', (headerBytes) => {
    for (const bits of [1, 4, 8]) {
      const { file, expected } = indexedFile(11, 4, bits, { headerBytes });
      expectPicture(file, 11, 4, expected);
    }
  });

  test('reads rows from the top', () => {
    const { file, expected } = indexedFile(9, 5, 8, { topDown: true });
    expectPicture(file, 9, 5, expected);
  });

  test('reads a short palette, and takes what it leaves out for black', () => {
    const colours = palette(3);
    const rows = [[0, 1, 2, 3, 200]];
    const fields = { width: 5, height: 1, bits: 8, palette: colours, coloursUsed: 3 };
    expectPicture(writeBmp(fields, packRows(rows, 8)), 5, 1, pixelsOf(rows, colourOf(colours)));
  });

  test('reads an OS/2 palette that ends where the pixels begin', () => {
    const colours = palette(5);
    const rows = [[4, 3, 2, 1, 0]];
    const fields = { width: 5, height: 1, bits: 8, palette: colours, headerBytes: 12 };
    expectPicture(writeBmp(fields, packRows(rows, 8)), 5, 1, pixelsOf(rows, colourOf(colours)));
  });

  test('reads past a palette larger than the pixels can use', () => {
    const colours = palette(300);
    const rows = [[0, 100, 255]];
    const fields = { width: 3, height: 1, bits: 8, palette: colours, coloursUsed: 300 };
    expectPicture(writeBmp(fields, packRows(rows, 8)), 3, 1, pixelsOf(rows, colourOf(colours)));
  });

  test('skips a gap before the pixels and ignores what follows them', () => {
    const { file, expected } = indexedFile(6, 2, 4, { gap: 17 });
    expectPicture(Buffer.concat([file, Buffer.from('<script>')]), 6, 2, expected);
  });

  test('reads bytes that lie in the middle of a larger buffer', () => {
    const { file, expected } = indexedFile(6, 2, 8);
    const larger = Buffer.concat([Buffer.alloc(3), file, Buffer.alloc(5)]);
    expectPicture(larger.subarray(3, 3 + file.length), 6, 2, expected);
  });
});

describe('packed pixels', () => {
  const words = (bits: number) => grid(6, 4, (x, y) => scatter(x + y * 50) % 2 ** bits);
  const rgb555 = (word: number) => [...[10, 5, 0].map((at) => channel((word >> at) & 31, 5)), 255];
  const rgb888 = (word: number) => [...[16, 8, 0].map((at) => (word >>> at) & 255), 255];

  test.each([
    [16, rgb555],
    [24, rgb888],
    [32, rgb888],
  ] as const)('reads %i bits, opaque whatever the spare bits hold', (bits, colour) => {
    for (const headerBytes of [12, 40, 64, 124]) {
      const file = writeBmp({ width: 6, height: 4, bits, headerBytes }, packRows(words(bits), bits));
      expectPicture(file, 6, 4, pixelsOf(words(bits), colour));
      expect(decodeBmp(file).opaque).toBe(true);
    }
  });

  test.each([16, 24, 32])('reads %i bits at every width, from the top too', (bits) => {
    for (const width of widths) {
      const rows = grid(width, 2, (x, y) => scatter(x * 7 + y) % 2 ** bits);
      const expected = pixelsOf(rows, bits === 16 ? rgb555 : rgb888);
      expectPicture(writeBmp({ width, height: 2, bits }, packRows(rows, bits)), width, 2, expected);
      const topDown = writeBmp({ width, height: 2, bits, topDown: true }, packRows(rows, bits, true));
      expectPicture(topDown, width, 2, expected);
    }
  });

  test.each([
    { name: '5-6-5', bits: 16, lengths: [5, 6, 5] },
    { name: '5-5-5', bits: 16, lengths: [5, 5, 5] },
    { name: '3-3-2', bits: 16, lengths: [3, 3, 2] },
    { name: '8-8-8', bits: 32, lengths: [8, 8, 8] },
    { name: '1-1-1', bits: 32, lengths: [1, 1, 1] },
    { name: '0-8-8', bits: 32, lengths: [0, 8, 8] },
  ])('reads the bit fields $name', ({ bits, lengths }) => {
    const [red = 0, green = 0, blue = 0] = lengths;
    const shifts = [green + blue, blue, 0];
    const masks = lengths.map((length, index) => (2 ** length - 1) * 2 ** (shifts[index] ?? 0));
    const colour = (word: number) => [
      ...lengths.map((length, index) =>
        length === 0 ? 0 : channel(Math.floor(word / 2 ** (shifts[index] ?? 0)) % 2 ** length, length),
      ),
      255,
    ];
    expect(red + green + blue).toBeLessThanOrEqual(bits);
    for (const headerBytes of [40, 52, 56, 108, 124]) {
      const fields = { width: 6, height: 4, bits, headerBytes, masks, compression: 3 };
      const file = writeBmp(fields, packRows(words(bits), bits));
      expectPicture(file, 6, 4, pixelsOf(words(bits), colour));
    }
  });

  test('keeps the upper eight bits of wider channels', () => {
    const masks = [0x3ff00000, 0x000ffc00, 0x000003ff];
    const colour = (word: number) => [(word >>> 22) & 255, (word >>> 12) & 255, (word >>> 2) & 255, 255];
    const file = writeBmp({ width: 6, height: 4, bits: 32, masks, compression: 3 }, packRows(words(32), 32));
    expectPicture(file, 6, 4, pixelsOf(words(32), colour));
  });

  const argb = [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000];
  const withAlpha = (word: number) => [...[16, 8, 0, 24].map((at) => (word >>> at) & 255)];

  test.each([
    [40, 6],
    [56, 3],
    [108, 3],
    [124, 3],
  ])('keeps the transparency a mask names: header of %i bytes, compression %i', (headerBytes, compression) => {
    const fields = { width: 6, height: 4, bits: 32, headerBytes, masks: argb, compression };
    const file = writeBmp(fields, packRows(words(32), 32));
    expectPicture(file, 6, 4, pixelsOf(words(32), withAlpha));
    expect(decodeBmp(file).opaque).toBe(false);
  });

  test('takes a picture whose alpha is nothing but zeros for opaque', () => {
    const rows = [[0x00112233, 0x00445566]];
    const fields = { width: 2, height: 1, bits: 32, headerBytes: 124, masks: argb, compression: 3 };
    expectPicture(writeBmp(fields, packRows(rows, 32)), 2, 1, pixelsOf(rows, rgb888));
  });

  test('takes no alpha from the masks of a header whose pixels are plain', () => {
    const rows = [[0x80112233, 0x00445566]];
    const file = writeBmp({ width: 2, height: 1, bits: 32, headerBytes: 124, masks: argb }, packRows(rows, 32));
    expectPicture(file, 2, 1, pixelsOf(rows, rgb888));
  });

  test('refuses a mask with holes', () => {
    const masks = [0xf0f000, 0xf00, 0xff];
    expect(isRefused(writeBmp({ width: 1, height: 1, bits: 32, masks, compression: 3 }, Buffer.alloc(4)))).toBe(true);
  });
});

describe('run lengths', () => {
  const kinds = [
    { bits: 8, compression: 1 },
    { bits: 4, compression: 2 },
  ] as const;

  test.each(kinds)('reads runs and pixels as they are at $bits bits', ({ bits, compression }) => {
    const colours = palette(2 ** bits);
    for (const width of [...widths, 300]) {
      for (const topDown of [false, true]) {
        const rows = grid(width, 5, (x, y) => scatter((x >> y) + y) % colours.length);
        const fields = { width, height: 5, bits, compression, palette: colours, topDown };
        const file = writeBmp(fields, encodeRuns(rows, bits, topDown));
        expectPicture(file, width, 5, pixelsOf(rows, colourOf(colours)));
        expect(decodeBmp(file).opaque).toBe(true);
      }
    }
  });

  const nothing = -1;
  const colourOrNothing = (index: number) => (index === nothing ? [0, 0, 0, 0] : colourOf(palette(256))(index));
  const line = (...values: number[]) => [...values, ...Array<number>(20).fill(nothing)].slice(0, 20);

  test("reads the example of the format's documentation at 8 bits, leaving out transparent what it skips", () => {
    const data = [3, 4, 5, 6, 0, 3, 0x45, 0x56, 0x67, 0, 2, 0x78, 0, 2, 5, 1, 2, 0x78, 0, 0, 9, 0x1e, 0, 1];
    const below = line(4, 4, 4, 6, 6, 6, 6, 6, 0x45, 0x56, 0x67, 0x78, 0x78);
    const middle = line(...Array<number>(18).fill(nothing), 0x78, 0x78);
    const above = line(...Array<number>(9).fill(0x1e));
    const fields = { width: 20, height: 3, bits: 8, compression: 1, palette: palette(256) };
    const file = writeBmp(fields, Buffer.from(data));
    expectPicture(file, 20, 3, pixelsOf([above, middle, below], colourOrNothing));
    expect(decodeBmp(file).opaque).toBe(false);
  });

  test("reads the example of the format's documentation at 4 bits", () => {
    const data = [3, 4, 5, 6, 0, 6, 0x45, 0x56, 0x67, 0, 4, 0x78, 0, 2, 5, 1, 4, 0x78, 0, 0, 9, 0x1e, 0, 1];
    const width = 29;
    const wide = (...values: number[]) => [...values, ...Array<number>(width).fill(nothing)].slice(0, width);
    const below = wide(0, 4, 0, 0, 6, 0, 6, 0, 4, 5, 5, 6, 6, 7, 7, 8, 7, 8);
    const middle = wide(...Array<number>(23).fill(nothing), 7, 8, 7, 8);
    const above = wide(1, 14, 1, 14, 1, 14, 1, 14, 1);
    const fields = { width, height: 3, bits: 4, compression: 2, palette: palette(256).slice(0, 16) };
    expectPicture(writeBmp(fields, Buffer.from(data)), width, 3, pixelsOf([above, middle, below], colourOrNothing));
  });

  test('ends a run at the end of its row', () => {
    const fields = { width: 2, height: 2, bits: 8, compression: 1, palette: palette(256) };
    const file = writeBmp(fields, Buffer.from([255, 9, 0, 0, 1, 5, 255, 7, 0, 0, 0, 1]));
    const rows = [
      [5, 7],
      [9, 9],
    ];
    expectPicture(file, 2, 2, pixelsOf(rows, colourOf(palette(256))));
  });

  test('needs no end mark after the last pixel', () => {
    const fields = { width: 2, height: 1, bits: 8, compression: 1, palette: palette(256) };
    expectPicture(writeBmp(fields, Buffer.from([2, 7])), 2, 1, pixelsOf([[7, 7]], colourOf(palette(256))));
  });

  test.each([
    ['in a run', [3, 4, 5]],
    ['in pixels as they are', [0, 9, 1, 2, 3]],
    ['in a jump', [0, 2, 1]],
    ['between rows', [20, 4, 0, 0]],
  ])('refuses data that ends %s', (_, data) => {
    const fields = { width: 20, height: 3, bits: 8, compression: 1, palette: palette(256) };
    expect(isRefused(writeBmp(fields, Buffer.from(data)))).toBe(true);
  });
});

describe('hostile headers', () => {
  const pixels = Buffer.alloc(64);
  const valid: BmpFields = { width: 4, height: 4, bits: 32 };

  test.each<[string, Partial<BmpFields>]>([
    ['a width of 0', { width: 0 }],
    ['a negative width', { width: 2 ** 32 - 4 }],
    ['a height of 0', { height: 0 }],
    ['the lowest possible height', { height: 2 ** 31 }],
    ['a huge picture', { width: 30_000, height: 30_000 }],
    ['a side longer than any format has', { width: 65_536, height: 1, bits: 1 }],
    ['more pixels than the file holds', { height: 5 }],
    ['no planes', { planes: 0 }],
    ['two planes', { planes: 2 }],
    ['3 bits', { bits: 3 }],
    ['64 bits', { bits: 64 }],
    ['JPEG inside', { compression: 4 }],
    ['PNG inside', { compression: 5 }],
    ['an unknown compression', { compression: 99 }],
    ['run lengths of 32 bits', { compression: 1 }],
    ['pixels beyond the file', { pixelOffset: 4_000 }],
    ['pixels inside the header', { pixelOffset: 20 }],
    ['a palette larger than the file', { bits: 8, coloursUsed: 2 ** 32 - 1 }],
    ['an unknown header', { headerBytes: 10 }],
    ['a header larger than any', { headerBytes: 128 }],
    ['bit fields in an OS/2 header', { headerBytes: 64, compression: 3, masks: [255, 255, 255] }],
  ])('refuses %s', (_, fields) => {
    expect(isRefused(writeBmp(valid, pixels))).toBe(false);
    expect(isRefused(writeBmp({ ...valid, ...fields }, pixels))).toBe(true);
  });

  test('refuses a run-length picture far larger than its data can draw', () => {
    const bomb: BmpFields = { width: 5_000, height: 5_000, bits: 8, compression: 1, palette: palette(256) };
    expect(isRefused(writeBmp(bomb, Buffer.from([0, 1])))).toBe(true);
    expect(isRefused(writeBmp({ ...bomb, width: 16, height: 15 }, Buffer.from([0, 1])))).toBe(false);
  });

  test('refuses more pixels than it is told to decode', () => {
    const file = writeBmp(valid, pixels);
    expect([isRefused(file, 16), isRefused(file, 15)]).toEqual([false, true]);
  });
});

const runs = (bits: 4 | 8) =>
  encodeRuns(
    grid(9, 6, (x, y) => scatter((x >> 1) + y) % 2 ** bits),
    bits,
  );

const uncompressed = [
  ...[1, 4, 8].map((bits) => indexedFile(9, 6, bits).file),
  indexedFile(9, 6, 8, { headerBytes: 12 }).file,
  indexedFile(9, 6, 4, { headerBytes: 64, topDown: true }).file,
  writeBmp({ width: 9, height: 6, bits: 16 }, Buffer.alloc(120, 0x5a)),
  writeBmp({ width: 9, height: 6, bits: 24 }, Buffer.alloc(168, 0x5a)),
  writeBmp({ width: 9, height: 6, bits: 32 }, Buffer.alloc(216, 0x5a)),
  writeBmp({ width: 9, height: 6, bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f] }, Buffer.alloc(120, 0xa5)),
  writeBmp(
    {
      width: 9,
      height: 6,
      bits: 32,
      compression: 3,
      headerBytes: 124,
      masks: [255, 65_280, 16_711_680, 4_278_190_080],
    },
    Buffer.alloc(216, 0xa5),
  ),
];

const runLengths = [
  writeBmp({ width: 9, height: 6, bits: 8, compression: 1, palette: palette(256) }, runs(8)),
  writeBmp({ width: 9, height: 6, bits: 4, compression: 2, palette: palette(16) }, runs(4)),
];

const samples = [...uncompressed, ...runLengths];

const acceptedTruncations = (file: Buffer): number[] =>
  Array.from({ length: file.length }, (_, missing) => missing).filter(
    (missing) => !isRefused(file.subarray(0, file.length - missing)),
  );

describe('any bytes', () => {
  test.each(uncompressed)('ruling 38: refuses truncation at any byte (%#)', (file) => {
    expect(acceptedTruncations(file)).toEqual([0]);
  });

  test.each(runLengths)('ruling 38: refuses run lengths truncated anywhere but in their end mark (%#)', (file) => {
    expect(acceptedTruncations(file)).toEqual([0, 1, 2, 4]);
  });

  const interesting = [0, 1, 2, 3, 4, 8, 12, 16, 24, 32, 40, 64, 127, 128, 255, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];
  const headerField = fc.record({
    at: fc.nat(80),
    bytes: fc.constantFrom(1, 2, 4),
    value: fc.oneof(fc.constantFrom(...interesting), fc.nat(0xffffffff)),
  });
  const mutated = fc
    .record({ sample: fc.constantFrom(...samples), fields: fc.array(headerField, { minLength: 1, maxLength: 4 }) })
    .map(({ sample, fields }) => {
      const file = Buffer.from(sample);
      for (const { at, bytes, value } of fields) {
        for (let index = 0; index < bytes; index += 1) file[at + index] = Math.floor(value / 256 ** index) & 255;
      }
      return file;
    });
  const random = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([Buffer.from('BM'), bytes]));
  const garbledRuns = fc
    .record({ bits: fc.constantFrom(4, 8), data: fc.uint8Array({ minLength: 1, maxLength: 400 }) })
    .map(({ bits, data }) =>
      writeBmp({ width: 21, height: 9, bits, compression: bits === 8 ? 1 : 2, palette: palette(2 ** bits) }, data),
    );

  test('decodes or refuses whatever comes, and never makes more of it than the file can describe', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 8, arbitrary: mutated }, random, garbledRuns), (file) => {
        try {
          const { width, height, data } = decodeBmp(file);
          expect(data.length).toBe(width * height * 4);
          expect(data.length).toBeLessThanOrEqual(file.length * 4 * 127.5);
        } catch (error) {
          expect(error).toBeInstanceOf(UnsupportedImageError);
        }
      }),
      tries(10_000),
    );
  });
});
