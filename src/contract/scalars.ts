/** `true` or `false` in any case, nothing else (ruling 20); undefined for any other text. */
export function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (lower !== 'true' && lower !== 'false') return undefined;
  return lower === 'true';
}

/** A plain decimal with optional sign, fraction and exponent (`-7`, `5.`, `.5`, `1e3`), finite (ruling 21); else undefined. */
export function readNumber(text: string): number | undefined {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? toFinite(text) : undefined;
}

/** A decimal integer with an optional sign, within ±(2^53 − 1) (ruling 21). `7.0` and `1e3` are none; undefined. */
export function readInteger(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? toFinite(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

function toFinite(text: string): number | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value; // never −0
}
