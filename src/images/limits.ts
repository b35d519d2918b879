import { limits } from '../contract/limits.ts';
import { UnsupportedImageError } from './errors.ts';

const { sidePixels, jpegScans } = limits.images;

const startOfScan = Uint8Array.of(0xff, 0xda);

/** Throws an UnsupportedImageError unless both sides are pixels the gateway is ready to decode. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  const modest = [width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= sidePixels);
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
    if (scans > jpegScans) throw new UnsupportedImageError(`more than ${jpegScans} scans in a JPEG`);
  }
}
