import sharp from 'sharp';

const megabyte = 1_000_000;

/** A JPEG of about a megabyte, with as much detail as a photograph. */
export async function createPhoto(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const grain = await sharp({ create: { width: 2_400, height: 1_800, channels: 3, background: '#000', noise } })
    .blur(1)
    .png({ compressionLevel: 0 })
    .toBuffer();
  for (let quality = 95; ; quality -= 5) {
    const photo = await sharp(grain).jpeg({ quality }).toBuffer();
    if (photo.length <= megabyte || quality <= 50) return photo;
  }
}

/** The same picture as another file: with a comment behind the JPEG's first marker. */
export function withComment(jpeg: Buffer, comment: string): Buffer {
  const text = Buffer.from(comment);
  const marker = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, text, jpeg.subarray(2)]);
}
