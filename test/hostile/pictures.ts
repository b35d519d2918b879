import sharp from 'sharp';
import { limits } from '../../src/contract/limits.ts';
import { type BmpFields, writeBmp } from '../support/bitmaps.ts';
import { type Bomb, bombs } from '../support/bombs.ts';
import { encodeForm } from '../support/gateway.ts';
import { makePicture, toFile } from '../support/pictures.ts';
import { pngChunk, writePng } from '../support/png.ts';
import type { Attack, AttackGroup } from './attack.ts';
import { customerPath, encode, raw, uploadLogo } from './requests.ts';

const background = { width: 20, height: 20, channels: 3, background: 'red' } as const;
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
const signatures = { png: '\x89PNG\r\n\x1a\n', jpeg: '\xff\xd8\xff', gif: 'GIF89a', bmp: 'BM' } as const;

async function cut(format: 'jpeg' | 'png' | 'gif' | 'bmp', part: number): Promise<Buffer> {
  const picture = await makePicture({ format, width: 300, height: 200 });
  return picture.subarray(0, picture.length * part);
}

const strangers: readonly Bomb[] = [
  { name: 'nothing', make: () => raw('') },
  { name: 'text', make: () => raw('hello') },
  { name: 'HTML', make: () => raw('<!doctype html><script>alert(1)</script>') },
  { name: 'SVG', make: () => raw(svg) },
  {
    name: 'SVG in XML with an entity',
    make: () => raw(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>${svg}`),
  },
  { name: 'WebP', make: () => sharp({ create: background }).webp().toBuffer() },
  { name: 'TIFF', make: () => sharp({ create: background }).tiff().toBuffer() },
  { name: 'AVIF', make: () => sharp({ create: background }).avif({ effort: 0 }).toBuffer() },
  { name: 'HEIC by its brand', make: () => raw('\0\0\0\x18ftypheic\0\0\0\0mif1heic') },
  { name: 'JPEG XL', make: () => raw('\0\0\0\x0cJXL \r\n\x87\n') },
  { name: 'an icon', make: () => raw('\0\0\x01\0\x01\0') },
  { name: 'PDF', make: () => raw('%PDF-1.7\n') },
  { name: 'PostScript', make: () => raw('%!PS-Adobe-3.0 EPSF-3.0\n') },
  { name: 'an archive', make: () => raw('PK\x03\x04') },
  { name: 'a program', make: () => raw('\x7fELF\x02\x01\x01') },
  { name: 'ImageMagick’s language', make: () => raw('push graphic-context\nfill \'url(https://evil.test/"|ls")\'\n') },
  { name: 'a picture behind a byte', make: async () => Buffer.concat([raw('\0'), await makePicture()]) },
  {
    name: 'a picture behind a byte order mark',
    make: async () => Buffer.concat([raw('\xef\xbb\xbf'), await makePicture()]),
  },
];

const disguised: readonly Bomb[] = Object.entries(signatures).flatMap(([format, start]) => [
  { name: `the signature of ${format} alone`, make: () => raw(start) },
  { name: `SVG behind the signature of ${format}`, make: () => raw(start + svg) },
  { name: `noise behind the signature of ${format}`, make: () => raw(start + '\xa5'.repeat(1_000)) },
]);

const damaged: readonly Bomb[] = [
  { name: 'half a JPEG', make: () => cut('jpeg', 0.5) },
  { name: 'half a PNG', make: () => cut('png', 0.5) },
  { name: 'half a GIF', make: () => cut('gif', 0.5) },
  { name: 'half a BMP', make: () => cut('bmp', 0.5) },
  { name: 'a PNG without pixels', make: () => writePng({ width: 8, height: 8, pixels: Buffer.alloc(0) }) },
  { name: 'a PNG of 0 × 8', make: () => writePng({ width: 0, height: 8 }) },
  { name: 'a PNG of 3 bits', make: () => writePng({ width: 8, height: 8, bits: 3 }) },
  { name: 'a PNG of a palette that is missing', make: () => writePng({ width: 8, height: 8, bits: 8, colour: 3 }) },
  {
    name: 'a PNG with a chunk that must be understood',
    make: () => writePng({ width: 8, height: 8, before: [pngChunk('EVIL', raw('x'))] }),
  },
];

const bmp =
  (fields: Partial<BmpFields>, bytes = 64): Bomb['make'] =>
  () =>
    writeBmp({ width: 4, height: 4, bits: 32, ...fields }, Buffer.alloc(bytes));

/** As the questionable and bad files of bmpsuite. */
const lies: readonly Bomb[] = [
  { name: 'a BMP of no width', make: bmp({ width: 0 }) },
  { name: 'a BMP of a negative width', make: bmp({ width: 2 ** 32 - 4 }) },
  { name: 'a BMP of no height', make: bmp({ height: 0 }) },
  { name: 'a BMP of the lowest height', make: bmp({ height: 2 ** 31 }) },
  { name: 'a BMP of more pixels than it holds', make: bmp({ height: 5 }) },
  { name: 'a BMP of no planes', make: bmp({ planes: 0 }) },
  { name: 'a BMP of 5 planes', make: bmp({ planes: 5 }) },
  { name: 'a BMP of 0 bits', make: bmp({ bits: 0 }) },
  { name: 'a BMP of 3 bits', make: bmp({ bits: 3 }) },
  { name: 'a BMP of 64 bits', make: bmp({ bits: 64 }) },
  { name: 'a BMP with a JPEG in it', make: bmp({ compression: 4 }) },
  { name: 'a BMP with a PNG in it', make: bmp({ compression: 5 }) },
  { name: 'a BMP of a compression there is none of', make: bmp({ compression: 0x1234_5678 }) },
  { name: 'a BMP of run lengths of 32 bits', make: bmp({ compression: 1 }) },
  { name: 'a BMP of pixels behind its end', make: bmp({ pixelOffset: 0x7fff_ffff }) },
  { name: 'a BMP of pixels in its header', make: bmp({ pixelOffset: 20 }) },
  { name: 'a BMP of a header there is none of', make: bmp({ headerBytes: 128 }) },
  { name: 'a BMP of masks with holes', make: bmp({ bits: 32, compression: 3, masks: [0xf0f, 0xf000, 0xf] }) },
];

const notAnImage = 'image format not supported.';

function atBothDoors({ name, make }: Bomb): Attack[] {
  const file = async () => toFile(await make(), 'a.png', 'image/png');
  return [
    [
      `${name}, in a form`,
      async () => encode(customerPath, { body: encodeForm({ name: 'x', imageFile: await file() }) }),
      `400 unsupported_file_type: ${notAnImage}`,
    ],
    [`${name}, in an upload`, async () => uploadLogo(await file()), `200 UNSUPPORTED_FILE_TYPE: ${notAnImage}`],
  ];
}

const large: readonly Attack[] = [
  [
    'a picture of 2 MB and a byte, in a form',
    async () =>
      encode(customerPath, {
        body: encodeForm({ name: 'x', imageFile: toFile(await makePicture({ bytes: limits.images.fileBytes + 1 })) }),
      }),
    '400 exceeded_file_size: image size should not exceed 2Mo',
  ],
  [
    'a picture of 2 MB and a byte, in an upload',
    async () => uploadLogo(toFile(await makePicture({ bytes: limits.images.fileBytes + 1 }))),
    '200 EXCEEDED_FILE_SIZE: image size should not exceed 2Mo',
  ],
];

/** Pictures that are none, that are broken, or that are bombs. */
export const pictures: readonly AttackGroup[] = [
  { name: 'a stranger for a picture:', attacks: strangers.flatMap(atBothDoors) },
  { name: 'a disguise:', attacks: disguised.flatMap(atBothDoors) },
  { name: 'a broken picture:', attacks: [...damaged.flatMap(atBothDoors), ...large] },
  { name: 'a header that lies:', attacks: lies.flatMap(atBothDoors) },
  { name: 'a bomb:', attacks: bombs.flatMap(atBothDoors) },
];
