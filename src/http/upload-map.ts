import type { Writable } from 'node:stream';
import busboy from 'busboy';
import { createGraphQLError } from 'graphql-yoga';
import { limits } from '../contract/limits.ts';
import { parseJson } from './parse-json.ts';

/** What is at a key of the client's own making: never what objects, lists and texts have by themselves. */
function readOwn(holder: unknown, key: string): unknown {
  const isOwn = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key);
  return isOwn ? Reflect.get(holder, key) : undefined;
}

/** Whether a file may be put there: in place of a null, or of nothing in an object. */
function isFree(operations: unknown, path: string): boolean {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce(readOwn, operations);
  if (typeof holder !== 'object' || holder === null) return false;
  return Object.hasOwn(holder, last) ? readOwn(holder, last) === null : !Array.isArray(holder) && !(last in holder);
}

/** The names of the files of a map, each of which has places of its own to go to; undefined where that is not so. */
function readNames(operations: unknown, map: unknown): readonly string[] | undefined {
  if (typeof map !== 'object' || map === null) return undefined;
  const lists: unknown[] = Object.values(map);
  const paths = lists.flat();
  const lead = paths.every((path) => typeof path === 'string' && isFree(operations, path));
  const isSound =
    lead && new Set(paths).size === paths.length && lists.every((list) => Array.isArray(list) && list.length > 0);
  return isSound ? Object.keys(map) : undefined;
}

/** Those are refused by the reader behind, before it looks at any path. */
function hasTooMany(map: unknown): boolean {
  return typeof map === 'object' && map !== null && Object.keys(map).length > limits.graphql.files;
}

/** What a client is told of files that have no place. */
function createRefusal(): Error {
  const message = 'The map must lead each file to nulls of the operations, and every file must be in it, once.';
  return createGraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
}

type Checked = { operations: unknown; names: Set<string> | undefined; isRefused: boolean };

function createParser(contentType: string, checked: Checked): Writable {
  const { operationBytes, files } = limits.graphql;
  const parser = busboy({
    headers: { 'content-type': contentType },
    defParamCharset: 'utf8',
    limits: { fieldSize: operationBytes, fields: 2, fileSize: 0, files },
  });
  parser.on('field', (name, value) => {
    if (name === 'operations') checked.operations = parseJson(value);
    if (name !== 'map') return;
    const map = parseJson(value);
    const names = readNames(checked.operations, map);
    checked.isRefused ||= !names && !hasTooMany(map);
    checked.names = names && new Set(names);
  });
  parser.on('file', (name, stream) => {
    // One that comes before the map is refused by the reader behind, too.
    checked.isRefused ||= checked.names?.delete(name) === false;
    stream.on('error', () => undefined).resume();
  });
  // As is what is malformed.
  parser.on('error', () => undefined);
  return parser;
}

/**
 * Passes a multipart request to GraphQL on, piece by piece, and throws before the piece in which a map ends that leads anywhere
 * but to a null of the operations, or to nothing in an object, or in which a file begins that is not in the map.
 * graphql-upload-minimal follows its paths through what objects inherit, so that one request could change
 * Object.prototype.hasOwnProperty for everybody, or make a list of four billion items, and waits for ever for a file that is sent
 * twice. It reads bodies by the same parser, so that both see the same.
 */
export async function* checkUploadMap(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Uint8Array> {
  const checked: Checked = { operations: undefined, names: undefined, isRefused: false };
  const parser = createParser(contentType, checked);
  for await (const chunk of body) {
    if (!parser.destroyed) await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
    if (checked.isRefused) throw createRefusal();
    yield chunk;
  }
}
