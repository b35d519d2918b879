/** A header such as `Content-Type` or `Content-Disposition`: its value, and its parameters by lower-cased name. */
export type HeaderValue = { readonly value: string; readonly parameters: ReadonlyMap<string, string> };

// Nothing after a repetition can fail, so there is no backtracking: linear on any input.
const parameterPattern = /;[ \t]*([^=;]*)(?:=[ \t]*(?:"((?:\\["\\]|[^"])*)"?[^;]*|([^;]*)))?/g;

/**
 * Parses a header leniently, and never throws. The value is lower-cased; parameters are quoted or bare, and of two with
 * one name the first counts. Only `\"` and `\\` are escapes: old browsers send `filename="C:\photos\a.png"`.
 */
export function parseHeaderValue(header: string): HeaderValue {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare] of header.matchAll(parameterPattern)) {
    const key = name.trim().toLowerCase();
    const value = quoted?.replace(/\\(["\\])/g, '$1') ?? bare?.trim();
    if (value !== undefined && !parameters.has(key)) parameters.set(key, value);
  }
  const [value = ''] = header.split(';', 1);
  return { value: value.trim().toLowerCase(), parameters };
}
