import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { packRows, writeBmp } from './bitmaps.ts';

export const pictureFormats = ['jpeg', 'gif', 'png', 'bmp'] as const;

export type PictureFormat = (typeof pictureFormats)[number];

export type PictureOptions = {
  readonly format?: PictureFormat;
  readonly width?: number;
  readonly height?: number;
  /** Pads the file to this many bytes, behind where every reader stops. */
  readonly bytes?: number;
};

/** A picture of one colour, a new one each time: no two are the same file. */
export async function makePicture(options: PictureOptions = {}): Promise<Buffer> {
  const { format = 'png', width = 40, height = 30, bytes } = options;
  const [red = 0, green = 0, blue = 0] = randomBytes(3);
  const picture = format === 'bmp' ? makeBmp(width, height, [red, green, blue]) : await encode();
  return bytes === undefined ? picture : Buffer.concat([picture, Buffer.alloc(bytes - picture.length)]);

  async function encode(): Promise<Buffer> {
    const background = { r: red, g: green, b: blue };
    const image = sharp({ create: { width, height, channels: 3, background } });
    return image.toFormat(format === 'bmp' ? 'png' : format).toBuffer();
  }
}

function makeBmp(width: number, height: number, [red, green, blue]: readonly [number, number, number]): Buffer {
  const row = packRows([Array.from({ length: width }, () => (red << 16) | (green << 8) | blue)], 24);
  return writeBmp({ width, height, bits: 24 }, Buffer.concat(Array<Buffer>(height).fill(row)));
}

/** A picture of noise, which costs some time to render, at most 2 097 152 bytes. */
export async function makeSlowPicture(): Promise<Buffer> {
  const [width, height] = [2_000, 2_000];
  const noise = { type: 'gaussian', mean: 128, sigma: 20 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#000', noise } })
    .jpeg({ quality: 60 })
    .toBuffer();
}

/** The bytes as a file of a form. */
export function toFile(bytes: Uint8Array, name = 'ring.png', type = ''): File {
  return new File([new Uint8Array(bytes)], name, { type });
}
