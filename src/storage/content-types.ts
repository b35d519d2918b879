const contentTypes = new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['jpe', 'image/jpeg'],
  ['jfif', 'image/jpeg'],
  ['png', 'image/png'],
  ['gif', 'image/gif'],
]);

/** What is under an address never changes, so it may be kept for a year (ruling 40). */
export const immutable = 'public, max-age=31536000, immutable';

/** The type of the picture under a key, by its extension; undefined where it is none that is ever stored. */
export function findContentType(key: string): string | undefined {
  return contentTypes.get(key.slice(key.lastIndexOf('.') + 1).toLowerCase());
}
