const maxId = (2n ** 63n - 1n).toString();

/** An id, 1 to 2^63 − 1, as its canonical digits: leading zeros are dropped (ruling 21). Undefined for anything else. */
export function normalizeId(text: string): string | undefined {
  // Compared as text: making a BigInt of a hostile megabyte takes quadratic time.
  const digits = /^\d+$/.test(text) ? text.replace(/^0+/, '') : '';
  const isTooLarge = digits.length > maxId.length || (digits.length === maxId.length && digits > maxId);
  return digits === '' || isTooLarge ? undefined : digits;
}
