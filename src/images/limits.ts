import { UnsupportedImageError } from './errors.ts';

/** The largest picture that is decoded, in pixels: a small file can promise a huge one. */
export const defaultMaxPixels = 25_000_000;

// JPEG and GIF end there by themselves. A PNG of 1 × 25 000 000 keeps within the pixels and still costs half a minute.
const maxSide = 65_535;

// Encoders write about ten. Each one visits the whole picture: 86 kB with 882 scans took 10 s.
const maxJpegScans = 100;

const startOfScan = Uint8Array.of(0xff, 0xda);

/** Throws an UnsupportedImageError unless both sides are pixels the gateway is ready to decode. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  const modest = [width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= maxSide);
  if (!modest || width * height > maxPixels) {
    throw new UnsupportedImageError(`${width} × ${height} pixels are beyond what is decoded`);
  }
}

/** Throws an UnsupportedImageError for a JPEG of far more progressive scans than any encoder writes. */
export function checkJpegScans(bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = buffer.indexOf(startOfScan); at >= 0; at = buffer.indexOf(startOfScan, at + startOfScan.length)) {
    scans += 1;
    if (scans > maxJpegScans) throw new UnsupportedImageError(`more than ${maxJpegScans} scans in a JPEG`);
  }
}
