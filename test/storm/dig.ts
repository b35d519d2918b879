/** The value at a path of members and places of parsed JSON, undefined where there is none. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}
