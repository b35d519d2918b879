import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const mark = 'cgw_';

/** 178 bits: nobody guesses one, so a fast hash is enough to keep of it. */
const secretLength = 30;

/** As many digits as 32 bits take. */
const checksumLength = 6;

/** What people tell a key by: the mark and 47 of its bits. */
const prefixLength = mark.length + 8;

const pattern = new RegExp(`^${mark}[0-9A-Za-z]{${secretLength + checksumLength}}$`);

function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < checksumLength; rest = Math.floor(rest / alphabet.length)) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
  }
  return digits;
}

/** A new API key: `cgw_`, 30 random letters and digits, and a checksum of all that, by which scanners for secrets know it. */
export function createApiKey(): string {
  const secret = Array.from({ length: secretLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
  return mark + secret + checksum(mark + secret);
}

/** Whether a text is meant as an API key, well-formed or not. */
export function isLikeApiKey(text: string): boolean {
  return text.startsWith(mark);
}

/** Whether a text could be an API key: a mistyped one is told without asking the database. */
export function isApiKey(text: string): boolean {
  return pattern.test(text) && text.endsWith(checksum(text.slice(0, -checksumLength)));
}

/**
 * What is kept of a credential: SHA-256 in hex. It is looked up by that, so no comparison tells anything by the time it takes.
 */
export function hashCredential(credential: string): string {
  return createHash('sha256').update(credential).digest('hex');
}

/** The beginning of a key, which may be shown; of a prefix it is the prefix. */
export function prefixOf(key: string): string {
  return key.slice(0, prefixLength);
}
