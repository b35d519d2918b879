const signatures = [
  { format: 'jpeg', start: '\xff\xd8\xff' },
  { format: 'gif', start: 'GIF87a' },
  { format: 'gif', start: 'GIF89a' },
  { format: 'png', start: '\x89PNG\r\n\x1a\n' },
  { format: 'bmp', start: 'BM' },
] as const;

const longest = Math.max(...signatures.map(({ start }) => start.length));

/** A picture format that is accepted; BMP includes those of OS/2. */
export type ImageFormat = (typeof signatures)[number]['format'];

/** What the bytes are, told by the first of them only; undefined for everything the contract does not take (ruling 38). */
export function identifyImage(bytes: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(bytes.subarray(0, longest)).toString('latin1');
  return signatures.find(({ start }) => text.startsWith(start))?.format;
}
