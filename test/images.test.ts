import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { renditions } from '../src/contract/images.ts';
import { ImagesBusyError, UnsupportedImageError } from '../src/images/errors.ts';
import { identifyImage } from '../src/images/identify.ts';
import { createImageRenderer, type RenderedImage } from '../src/images/render.ts';
import { packRows, writeBmp } from './support/bitmaps.ts';
import { bombs, defused } from './support/bombs.ts';
import { readCpuMillis } from './support/cpu-time.ts';
import { deflateZeros, pngChunk, writePng } from './support/png.ts';

const renderer = createImageRenderer();
const render = (bytes: Uint8Array) => renderer.render(bytes);

/** A picture that no compression makes tiny: coarse, smooth noise. */
const picture = (width: number, height: number, channels: 3 | 4 = 3): Sharp => {
  const pixels = Buffer.alloc(width * height * channels);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = ((at * 7919) % 251) ^ ((at >> 4) & 63);
  return sharp(pixels, { raw: { width, height, channels } });
};

const flat = (width: number, height: number, background = '#3366cc'): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });

const file = (image: RenderedImage, prefix: RenderedImage['files'][number]['prefix'] = ''): Uint8Array =>
  image.files.find((candidate) => candidate.prefix === prefix)?.bytes ?? new Uint8Array();

const sizes = async (image: RenderedImage): Promise<string[]> =>
  await Promise.all(
    image.files.map(async ({ prefix, bytes }) => {
      const { format, width, height } = await sharp(bytes).metadata();
      return `${prefix}${format} ${width}×${height}`;
    }),
  );

/** RGBA of one pixel. */
const pixelAt = async (bytes: Uint8Array, x: number, y: number): Promise<number[]> => {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * 4, (y * info.width + x) * 4 + 4)];
};

const expectNear = (actual: readonly number[], expected: readonly number[], tolerance: number): void => {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual[index] ?? NaN) - value)).toBeLessThanOrEqual(tolerance);
  }
};

const outcome = async (bytes: Uint8Array): Promise<'rendered' | 'refused'> => {
  try {
    await render(bytes);
    return 'rendered';
  } catch (error) {
    if (error instanceof UnsupportedImageError) return 'refused';
    throw error;
  }
};

const animation = async (): Promise<Buffer> => {
  const frames = Buffer.alloc(40 * 90 * 3);
  for (let at = 0; at < frames.length; at += 1) frames[at] = 250 - 100 * Math.floor(at / (40 * 30 * 3));
  const raw = { width: 40, height: 90, channels: 3, pageHeight: 30 } as const;
  return await sharp(frames, { raw }).gif({ loop: 0 }).toBuffer();
};

const smallBmp = (): Buffer => {
  const row = Array.from({ length: 8 }, (_, x) => x * 0x111111);
  return writeBmp({ width: 8, height: 8, bits: 24 }, packRows(Array<number[]>(8).fill(row), 24));
};

describe('identifyImage', () => {
  test('ruling 38: tells the four formats by their first bytes', async () => {
    expect(identifyImage(await flat(2, 2).jpeg().toBuffer())).toBe('jpeg');
    expect(identifyImage(await flat(2, 2).png().toBuffer())).toBe('png');
    expect(identifyImage(await flat(2, 2).gif().toBuffer())).toBe('gif');
    expect(identifyImage(Buffer.from('GIF87a'))).toBe('gif');
    expect(identifyImage(smallBmp())).toBe('bmp');
  });

  test.each(['', 'B', 'GIF88a', 'GIF', '\x89PNG\r\n\x1a', '\xff\xd8', 'PNG', '<svg/>', ' BM', 'RIFF....WEBP'])(
    'ruling 38: knows nothing else: %j',
    (text) => {
      expect(identifyImage(Buffer.from(text, 'latin1'))).toBeUndefined();
    },
  );
});

describe('sizes', () => {
  test('ruling 39: renders every size in the format that was sent', async () => {
    const source = picture(1_000, 600);
    const jpeg = await render(await source.jpeg().toBuffer());
    expect(jpeg).toMatchObject({ extension: 'jpg', width: 1_000, height: 600 });
    expect(jpeg.files.map(({ prefix }) => prefix)).toEqual(renditions.map(({ prefix }) => prefix));
    expect(await sizes(jpeg)).toEqual(['jpeg 1000×600', 'small_jpeg 120×72', 'medium_jpeg 480×288']);

    const png = await render(await picture(300, 900).png().toBuffer());
    expect(png).toMatchObject({ extension: 'png', width: 300, height: 900 });
    expect(await sizes(png)).toEqual(['png 300×900', 'small_png 40×120', 'medium_png 160×480']);

    const gif = await render(await picture(481, 10).gif().toBuffer());
    expect(gif).toMatchObject({ extension: 'gif', width: 481, height: 10 });
    expect(await sizes(gif)).toEqual(['gif 481×10', 'small_gif 120×2', 'medium_gif 480×10']);
  });

  test('ruling 40: turns a BMP into a PNG of the same pixels', async () => {
    const image = await render(smallBmp());
    expect(image).toMatchObject({ extension: 'png', width: 8, height: 8 });
    expect(await sizes(image)).toEqual(['png 8×8', 'small_png 8×8', 'medium_png 8×8']);
    expect(await pixelAt(file(image), 3, 5)).toEqual([0x33, 0x33, 0x33, 255]);
    expect((await sharp(file(image)).metadata()).hasAlpha).toBe(false);
  });

  test('never enlarges', async () => {
    expect(await sizes(await render(await picture(130, 50).png().toBuffer()))).toEqual([
      'png 130×50',
      'small_png 120×46',
      'medium_png 130×50',
    ]);
    expect(await sizes(await render(await picture(1, 1).jpeg().toBuffer()))).toEqual([
      'jpeg 1×1',
      'small_jpeg 1×1',
      'medium_jpeg 1×1',
    ]);
  });

  test.each([
    [1, 3_000],
    [3_000, 1],
    [65_535, 1],
  ])('keeps a side of one pixel: %i × %i', async (width, height) => {
    const image = await render(await flat(width, height).png().toBuffer());
    const small = await sharp(file(image, 'small_')).metadata();
    expect(image).toMatchObject({ width, height });
    expect([small.width, small.height].sort((a, b) => a - b)).toEqual([1, 120]);
  });

  test('reads bytes that lie in the middle of a larger buffer', async () => {
    const png = await flat(30, 20).png().toBuffer();
    const larger = Buffer.concat([Buffer.alloc(5), png, Buffer.alloc(5)]);
    expect(await render(larger.subarray(5, 5 + png.length))).toMatchObject({ width: 30, height: 20 });
  });
});

describe('colours', () => {
  test('keeps the colours of every format', async () => {
    for (const source of [flat(200, 200).jpeg(), flat(200, 200).png(), flat(200, 200).gif()]) {
      for (const { bytes } of (await render(await source.toBuffer())).files) {
        expectNear(await pixelAt(bytes, 60, 60), [0x33, 0x66, 0xcc, 255], 3);
      }
    }
  });

  test('keeps every pixel of a PNG and of a GIF', async () => {
    const raw = (bytes: Uint8Array) => sharp(bytes).ensureAlpha().raw().toBuffer();
    for (const source of [picture(64, 48, 4).png(), picture(64, 48).gif()]) {
      const sent = await source.toBuffer();
      expect((await raw(file(await render(sent)))).equals(await raw(sent))).toBe(true);
    }
  });

  test('keeps transparency', async () => {
    const transparent = sharp({ create: { width: 300, height: 300, channels: 4, background: '#ff000000' } });
    for (const source of [transparent.clone().png(), transparent.clone().gif()]) {
      for (const { bytes } of (await render(await source.toBuffer())).files) {
        expect((await pixelAt(bytes, 50, 50))[3]).toBe(0);
      }
    }
  });

  test('brings CMYK, grey and 16-bit pictures to what every browser shows', async () => {
    const cmyk = await flat(200, 200).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const image = await render(cmyk);
    expect((await sharp(file(image)).metadata()).space).toBe('srgb');
    expectNear(await pixelAt(file(image, 'small_'), 60, 60), [0x33, 0x66, 0xcc, 255], 40);

    const deep = await render(await flat(20, 20).toColourspace('rgb16').png().toBuffer());
    expect((await sharp(file(deep)).metadata()).depth).toBe('uchar');
    expectNear(await pixelAt(file(deep), 5, 5), [0x33, 0x66, 0xcc, 255], 1);

    const grey = await render(await flat(200, 200, '#777777').toColourspace('b-w').jpeg().toBuffer());
    expectNear(await pixelAt(file(grey, 'small_'), 60, 60), [0x77, 0x77, 0x77, 255], 2);
  });
});

/** Where a stored pixel is seen, per EXIF orientation, in a picture of 32 × 24. */
const upright: Record<number, (row: number, column: number) => readonly [x: number, y: number]> = {
  1: (row, column) => [column, row],
  2: (row, column) => [31 - column, row],
  3: (row, column) => [31 - column, 23 - row],
  4: (row, column) => [column, 23 - row],
  5: (row, column) => [row, column],
  6: (row, column) => [31 - row, column],
  7: (row, column) => [31 - row, 23 - column],
  8: (row, column) => [row, 23 - column],
};

describe('ruling 40: what is kept', () => {
  const quadrants = [
    [250, 10, 10],
    [10, 250, 10],
    [10, 10, 250],
    [250, 250, 250],
  ] as const;

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is upright, from orientation %i', async (orientation) => {
    const [width, height] = orientation < 5 ? [32, 24] : [24, 32];
    const pixels = Buffer.alloc(width * height * 3);
    for (let at = 0; at < width * height; at += 1) {
      const [x, y] = upright[orientation]?.(Math.floor(at / width), at % width) ?? [0, 0];
      Buffer.from(quadrants[(y < 12 ? 0 : 2) + (x < 16 ? 0 : 1)] ?? []).copy(pixels, at * 3);
    }
    const stored = sharp(pixels, { raw: { width, height, channels: 3 } }).withMetadata({ orientation });
    for (const sent of [
      await stored.clone().jpeg({ quality: 100 }).toBuffer(),
      await stored.clone().png().toBuffer(),
    ]) {
      expect((await sharp(sent).metadata()).orientation).toBe(orientation);
      const image = await render(sent);
      expect(image).toMatchObject({ width: 32, height: 24 });
      for (const [index, colour] of quadrants.entries()) {
        const seen = await pixelAt(file(image), index % 2 === 0 ? 6 : 26, index < 2 ? 5 : 19);
        expectNear(seen, [...colour, 255], 20);
      }
    }
  });

  test('has no metadata', async () => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret-xmp/></x:xmpmeta>';
    const described = flat(600, 600)
      .withExif({ IFD0: { Copyright: 'secret-owner' }, IFD3: { GPSLatitude: '48/1 51/1 29/1' } })
      .withXmp(xmp)
      .withIccProfile('p3');
    for (const sent of [await described.clone().jpeg().toBuffer(), await described.clone().png().toBuffer()]) {
      const before = await sharp(sent).metadata();
      expect([before.exif, before.icc, before.xmp].map((part) => part?.length ?? 0).every((length) => length > 0)).toBe(
        true,
      );
      for (const { bytes } of (await render(sent)).files) {
        const { exif, icc, xmp: left, iptc, orientation } = await sharp(bytes).metadata();
        expect([exif, icc, left, iptc, orientation]).toEqual(Array(5).fill(undefined));
        expect(Buffer.from(bytes).includes('secret')).toBe(false);
      }
    }
  });

  test('has nothing a client hid behind or inside the picture', async () => {
    const payload = Buffer.from('<script>alert(1)</script>PK\x03\x04');
    const jpeg = await flat(30, 30).jpeg().toBuffer();
    const png = await flat(30, 30).png().toBuffer();
    const gif = await flat(30, 30).gif().toBuffer();
    const jpegComment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, payload.length + 2]), payload]);
    const gifComment = Buffer.concat([Buffer.from([0x21, 0xfe, payload.length]), payload, Buffer.from([0])]);
    const hidden = [
      ...[jpeg, png, gif, smallBmp()].map((bytes) => Buffer.concat([bytes, payload])),
      Buffer.concat([jpeg.subarray(0, 2), jpegComment, jpeg.subarray(2)]),
      Buffer.concat([
        png.subarray(0, 33),
        pngChunk('tEXt', Buffer.concat([Buffer.from('Comment\0'), payload])),
        png.subarray(33),
      ]),
      Buffer.concat([gif.subarray(0, -1), gifComment, gif.subarray(-1)]),
    ];
    for (const sent of hidden) {
      for (const { bytes } of (await render(sent)).files) expect(Buffer.from(bytes).includes('alert')).toBe(false);
    }
  });

  test('is the first frame of an animation', async () => {
    const sent = await animation();
    expect((await sharp(sent).metadata()).pages).toBe(3);
    const image = await render(sent);
    expect(image).toMatchObject({ extension: 'gif', width: 40, height: 30 });
    expectNear(await pixelAt(file(image), 20, 15), [250, 250, 250, 255], 3);
  });
});

describe('what hides beside the pixels', () => {
  test.each(defused)('costs next to nothing: $name', async ({ make }) => {
    const bytes = await make();
    const start = readCpuMillis();
    expect(await outcome(bytes)).toBe('rendered');
    expect(readCpuMillis() - start).toBeLessThan(5_000);
  });
});

describe('ruling 38: what is refused', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';

  test('any other format, also behind a borrowed start', async () => {
    const foreign = [
      Buffer.from(svg),
      Buffer.from(`<?xml version="1.0"?>${svg}`),
      await flat(16, 16).webp().toBuffer(),
      await flat(16, 16).tiff().toBuffer(),
      await flat(16, 16).avif({ effort: 0 }).toBuffer(),
      Buffer.from('%PDF-1.7'),
      Buffer.from('P6 1 1 255 abc'),
      Buffer.alloc(0),
    ];
    for (const bytes of foreign) {
      expect(await outcome(bytes)).toBe('refused');
      for (const start of ['\xff\xd8\xff', 'GIF89a', '\x89PNG\r\n\x1a\n', 'BM']) {
        expect(await outcome(Buffer.concat([Buffer.from(start, 'latin1'), bytes]))).toBe('refused');
      }
    }
  });

  test('formats libvips could read are closed to it', async () => {
    const webp = await flat(16, 16).webp().toBuffer();
    await expect(sharp(webp).toBuffer()).rejects.toThrow(/unsupported image format/);
    await expect(sharp(Buffer.from(svg)).toBuffer()).rejects.toThrow(/unsupported image format/);
  });

  test.each([
    [16_000, 16_000],
    [5_001, 5_000],
    [1, 70_000],
    [0x7fffffff, 1],
  ])('a PNG of %i × %i pixels, before it is decoded', async (width, height) => {
    // The pixels are left out where they couldn't be made here either: nobody may come as far as to miss them.
    const bomb = writePng({ width, height, ...(width > 65_535 && { pixels: deflateZeros(1) }) });
    const start = readCpuMillis();
    expect(await outcome(bomb)).toBe('refused');
    expect(readCpuMillis() - start).toBeLessThan(2_000);
  });

  test.each(bombs)('$name, at once', async ({ make }) => {
    const bomb = await make();
    const start = readCpuMillis();
    expect(await outcome(bomb)).toBe('refused');
    // Idle, it takes a few milliseconds: `npm run storm:images` measures it.
    expect(readCpuMillis() - start).toBeLessThan(2_000);
  });

  test('a JPEG of so many scans that it would take seconds', async () => {
    const jpeg = await flat(64, 64).jpeg({ progressive: true }).toBuffer();
    expect(await outcome(jpeg)).toBe('rendered');
    const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0, 0]);
    const bomb = Buffer.concat([jpeg.subarray(0, -2), ...Array<Buffer>(200).fill(scan), jpeg.subarray(-2)]);
    await expect(render(bomb)).rejects.toThrow('more than 100 scans');
  });

  test('more pixels than the renderer is told to decode, in every format', async () => {
    const strict = createImageRenderer({ maxPixels: 63 });
    const lenient = createImageRenderer({ maxPixels: 64 });
    const encoded = [flat(8, 8).jpeg(), flat(8, 8).png(), flat(8, 8).gif()].map((source) => source.toBuffer());
    for (const sent of [...(await Promise.all(encoded)), smallBmp()]) {
      await expect(strict.render(sent)).rejects.toThrow(UnsupportedImageError);
      expect(await lenient.render(sent)).toMatchObject({ width: 8, height: 8 });
    }
  });

  // What may be missing is the mark after the last pixel, at most PNG's twelve bytes.
  test.each<[string, () => Promise<Buffer> | Buffer]>([
    ['JPEG', () => picture(16, 16).jpeg({ quality: 60 }).toBuffer()],
    ['progressive JPEG', () => picture(16, 16).jpeg({ quality: 60, progressive: true }).toBuffer()],
    ['PNG', () => picture(8, 8).png().toBuffer()],
    ['GIF', () => picture(6, 6).gif().toBuffer()],
    ['BMP', smallBmp],
  ])('a %s truncated anywhere in its picture', async (_, make) => {
    const whole = await make();
    expect(await outcome(whole)).toBe('rendered');
    for (let length = 0; length < whole.length; length += 1) {
      const result = await outcome(whole.subarray(0, length));
      if (length < whole.length - 12) expect({ length, result }).toEqual({ length, result: 'refused' });
    }
  });

  test('nothing else happens to damaged pictures', async () => {
    const sources = [
      await picture(24, 24).jpeg().toBuffer(),
      await picture(24, 24).jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
      await picture(24, 24, 4).png().toBuffer(),
      await picture(24, 24).png({ palette: true, progressive: true }).toBuffer(),
      await animation(),
      smallBmp(),
    ];
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const damaged = fc.tuple(fc.constantFrom(...sources), damage).map(([source, changes]) => {
      const bytes = Buffer.from(source);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        expect(['rendered', 'refused']).toContain(await outcome(bytes));
      }),
      { numRuns: 600 },
    );
  });
});

describe('the queue', () => {
  const settle = async (busy: ReturnType<typeof createImageRenderer>, bytes: Uint8Array, times: number) =>
    await Promise.allSettled(Array.from({ length: times }, () => busy.render(bytes)));

  test('refuses what comes when it is full, and nothing before', async () => {
    const busy = createImageRenderer({ maxConcurrent: 1, maxQueued: 2 });
    // The header of a BMP is read by ourselves and at once: all are there before the first is rendered.
    const results = await settle(busy, smallBmp(), 6);
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(3).fill('rejected'),
    ]);
    for (const result of results.slice(3)) {
      expect(result).toMatchObject({ reason: expect.any(ImagesBusyError) as ImagesBusyError });
    }
  });

  test('has room again after its jobs, also after failed ones', async () => {
    const busy = createImageRenderer({ maxConcurrent: 2, maxQueued: 1 });
    const png = await flat(100, 100).png().toBuffer();
    for (const bytes of [png.subarray(0, 60), png, png.subarray(0, 60)]) {
      const results = await settle(busy, bytes, 3);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(UnsupportedImageError);
      }
    }
    expect((await settle(busy, png, 3)).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
  });

  test('refuses what is no picture without queueing it', async () => {
    const busy = createImageRenderer({ maxConcurrent: 1, maxQueued: 0 });
    const running = busy.render(await flat(100, 100).png().toBuffer());
    await expect(busy.render(Buffer.from('no picture'))).rejects.toThrow(UnsupportedImageError);
    await expect(running).resolves.toMatchObject({ width: 100 });
  });
});
