import { expect } from 'vitest';
import type { BlobStore } from '../../src/storage/blob-store.ts';

export const key = '7-1471338230737/photoCustomer/1471338230737_logo.png';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes of which no long stretch is like another. */
export const patternOf = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, index) => (index * 31) ^ (index >> 8));

/** The whole file, as long as it was said to be. */
export async function readBytes(from: BlobStore, wanted: string): Promise<Buffer | undefined> {
  const blob = await from.read(wanted);
  if (!blob) return undefined;
  const bytes = Buffer.from(await new Response(blob.body).arrayBuffer());
  expect(bytes.length).toBe(blob.size);
  return bytes;
}

/** All keys, in order. */
export async function listKeys(store: BlobStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of store.list()) keys.push(entry.key);
  return keys.sort();
}
