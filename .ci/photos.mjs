// Writes one photograph-like picture, on its side by EXIF, in the four formats: node .ci/photos.mjs FOLDER
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const [folder = '.'] = process.argv.slice(2);
const [width, height] = [900, 600];

const pixels = Buffer.alloc(width * height * 3);
for (let y = 0; y < height; y += 1) {
  for (let x = 0; x < width; x += 1) {
    const at = (y * width + x) * 3;
    const grain = Math.random() * 12;
    pixels[at] = 128 + 90 * Math.sin(x / 70) + grain;
    pixels[at + 1] = 120 + 90 * Math.cos((x + y) / 90) + grain;
    pixels[at + 2] = 90 + (120 * y) / height + grain;
  }
}
const photo = () => sharp(pixels, { raw: { width, height, channels: 3 } });

/** A 24-bit BMP, bottom row first, as Windows writes it. */
function encodeBmp() {
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + pixels.length, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const rows = [];
  for (let y = height - 1; y >= 0; y -= 1) {
    const row = Buffer.from(pixels.subarray(y * width * 3, (y + 1) * width * 3));
    for (let at = 0; at < row.length; at += 3) [row[at], row[at + 2]] = [row[at + 2], row[at]];
    rows.push(row);
  }
  return Buffer.concat([header, ...rows]);
}

const save = (name, bytes) => writeFileSync(path.join(folder, name), bytes);
save('photo.jpg', await photo().withMetadata({ orientation: 6 }).jpeg().toBuffer());
save('photo.png', await photo().png().toBuffer());
save('photo.gif', await photo().gif().toBuffer());
save('photo.bmp', encodeBmp());
