import type { ReceivedFile } from '../graphql/upload.ts';
import { createUploadError } from './upload-parts.ts';

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that the JSON of a part says; throws what the client is told. */
export function readObject(part: string, json: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw createUploadError(`The part ${part} is no JSON.`);
  }
  if (!isObject(value)) throw createUploadError(`The part ${part} is no JSON object.`);
  return value;
}

function readPaths(paths: unknown): readonly string[] {
  const isList = Array.isArray(paths) && paths.every((path) => typeof path === 'string');
  if (!isList) throw createUploadError('The map must be lists of paths by the names of files.');
  return paths;
}

/** What is at a key of the client's own making: never what objects, lists and texts have by themselves. */
function readOwn(holder: unknown, key: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? Reflect.get(holder, key)
    : undefined;
}

/** Whether a file may be put there: in place of a null, or of nothing in an object. */
function isFree(holder: unknown, key: string): holder is object {
  if (typeof holder !== 'object' || holder === null) return false;
  return Object.hasOwn(holder, key) ? readOwn(holder, key) === null : !Array.isArray(holder);
}

function place(operations: Json, path: string, file: ReceivedFile): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<unknown>(readOwn, operations);
  if (!isFree(holder, last)) throw createUploadError('A path of the map does not lead to a null of the operations.');
  // Never through a setter, such as that of __proto__.
  Object.defineProperty(holder, last, { value: file, enumerable: true, writable: true, configurable: true });
}

/**
 * Puts files where the map says, each in place of a null, as the multipart request specification has it, or of nothing. Throws what the client
 * is told where a place is none, a file was not sent, or one was sent that has no place.
 */
export function placeFiles(operations: Json, map: Json, files: ReadonlyMap<string, ReceivedFile>): void {
  for (const name of files.keys()) {
    if (!Object.hasOwn(map, name)) throw createUploadError('The map has no place for a file.');
  }
  for (const [name, paths] of Object.entries(map)) {
    const file = files.get(name);
    if (!file) throw createUploadError('A file of the map was not sent.');
    const [first, ...others] = readPaths(paths);
    if (first === undefined) throw createUploadError('The map has no place for a file.');
    place(operations, first, file);
    for (const path of others) place(operations, path, file);
  }
}
