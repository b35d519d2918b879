import { limits } from './limits.ts';

const controlCharacter = /\p{Cc}/u;

/** Whether a text has more characters than that; a character is a code point. */
export function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  return text.length > 2 * characters || Array.from(text).length > characters;
}

/** A reference trimmed and NFC-normalised; `''` when blank, undefined when it cannot be one (ruling 3). */
export function normalizeReference(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined;
  const reference = text.trim().normalize('NFC');
  return controlCharacter.test(reference) || isLongerThan(reference, limits.values.referenceCharacters)
    ? undefined
    : reference;
}
