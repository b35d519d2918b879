import { isUtf8 } from 'node:buffer';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { limits } from '../contract/limits.ts';
import { UnreadableFileError } from './rows.ts';

const newline = 0x0a;

/** The bytes, and first of all as many of them as tell whether they are compressed. */
async function* joinFirstTwo(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let first: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of bytes) {
    if (!first) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length < 2) continue;
      yield first;
      first = undefined;
    }
  }
  if (first) yield first;
}

/** Unpacks gzip, which its first two bytes tell; anything else goes through as it is. */
async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const chunks = joinFirstTwo(bytes);
  const { value: first } = await chunks.next();
  const all = async function* () {
    if (first) yield first;
    yield* chunks;
  };
  if (first?.[0] !== 0x1f || first[1] !== 0x8b) return yield* all();
  // A failure of either stream is thrown to whoever reads the second one.
  const unpacked: AsyncIterable<Uint8Array> = pipeline(Readable.from(all()), createGunzip(), () => undefined);
  yield* unpacked;
}

/** The bytes cut after line ends; what follows the last one comes at the end, with a line end of its own. */
async function* cutAtLineEnds(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield Buffer.concat([...rest, chunk.subarray(0, end)]);
      rest = [];
      length = 0;
    }
    rest.push(chunk.subarray(end));
    length += chunk.length - end;
    if (length > 4 * limits.imports.rowCharacters) yield Buffer.concat(rest.splice(0));
  }
  if (length > 0) yield Buffer.concat([...rest, Buffer.of(newline)]);
}

function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(newline); at !== -1; at = block.indexOf(newline, at + 1)) lines += 1;
  return lines;
}

/** The number, from 0, of the first line that is no UTF-8. */
function findUndecodable(block: Buffer): number {
  for (let line = 0, start = 0; ; line += 1) {
    const end = block.indexOf(newline, start) + 1 || block.length;
    if (!isUtf8(block.subarray(start, end)) || end === block.length) return line;
    start = end;
  }
}

/**
 * The text of bytes, which may be compressed by gzip, in blocks of whole lines; without a byte order mark, and with a line end
 * at the end. Throws an `UnreadableFileError` at a line that is no UTF-8 or endless, and what reading and unpacking throw.
 */
export async function* readBlocks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let line = 1;
  for await (const block of cutAtLineEnds(gunzip(bytes))) {
    if (block.at(-1) !== newline) throw new UnreadableFileError(`Line ${line} is too long: it does not end.`);
    if (!isUtf8(block)) {
      throw new UnreadableFileError(`Line ${line + findUndecodable(block)} is not UTF-8 text: save the file as UTF-8.`);
    }
    const text = block.toString('utf8');
    yield line === 1 ? text.replace(/^\u{feff}/u, '') : text;
    line += countLines(block);
  }
}
