import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApiKey, hashCredential, isApiKey, prefixOf } from '../src/auth/api-key.ts';
import { requireCredential } from '../src/auth/credentials.ts';
import { AccessError } from '../src/auth/errors.ts';
import { ExpiringMap } from '../src/expiring-map.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The text with another letter or digit in one place of its secret part. */
function mistype(key: string, place: number, digit: string): string {
  const index = 4 + (place % (key.length - 4));
  return key.slice(0, index) + digit + key.slice(index + 1);
}

describe('an API key', () => {
  it('is told by its mark, and has 178 random bits and a checksum', () => {
    const keys = Array.from({ length: 200 }, createApiKey);
    expect(keys.filter((key) => /^cgw_[0-9A-Za-z]{36}$/.test(key) && isApiKey(key))).toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
    // Sixty-two possible digits in thirty places: two hundred keys show all of them.
    expect(new Set(keys.flatMap((key) => key.slice(4, 34).match(/./g))).size).toBe(62);
  });

  it('keeps its format, so that keys in use stay good and scanners for secrets go on to know them', () => {
    expect(isApiKey('cgw_0123456789ABCDEFGHIJKLMNOPQRST1zDL3R')).toBe(true);
  });

  it('is known as mistyped when any one character is another', () => {
    const key = createApiKey();
    const digit = fc.nat(61).map((index) => alphabet.charAt(index));
    fc.assert(
      fc.property(fc.nat(), digit, (place, other) => {
        const mistyped = mistype(key, place, other);
        expect(isApiKey(mistyped)).toBe(mistyped === key);
      }),
    );
  });

  it.each(['', 'cgw_', 'cgw', 'CGW_', 'cgw_é'])('is not %j', (text) => {
    expect(isApiKey(text)).toBe(false);
    expect(isApiKey(`${createApiKey()}${text}x`)).toBe(false);
  });

  it('is kept as a hash, and shown by its beginning', () => {
    const key = createApiKey();
    expect(hashCredential(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(prefixOf(key)).toBe(key.slice(0, 12));
    expect(prefixOf(prefixOf(key))).toBe(prefixOf(key));
  });
});

/** The credential, or the sentence that refuses it. */
function read(headers: Record<string, string>, door: 'graphql' | 'rest' = 'graphql'): string {
  try {
    return requireCredential(new Headers(headers), door);
  } catch (error) {
    if (error instanceof AccessError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const none = 'unauthorized: This needs a credential: an API key or a token.';
const several = 'unauthorized: Several different credentials were sent.';
const unknown = 'unauthorized: The credential is neither an API key nor a token that is accepted here.';

describe('the credential of a request', () => {
  it.each([
    [{ authorization: 'Bearer abc' }],
    [{ authorization: 'bearer   abc ' }],
    [{ 'x-api-key': 'abc' }],
    [{ 'x-api-key': 'abc', authorization: 'Bearer abc' }],
    [{ 'x-api-key': 'abc', authorization: '', cookie: '' }],
  ])('is %j', (headers) => {
    expect(read(headers)).toBe('abc');
    expect(read(headers, 'rest')).toBe('abc');
  });

  it.each([
    [{ cookie: 'JSESSIONID=abc' }],
    [{ cookie: 'theme=dark; JSESSIONID="abc"; a=b=c; d' }],
    [{ cookie: 'JSESSIONID=abc', 'x-api-key': 'abc' }],
    [{ cookie: 'JSESSIONID=abc', 'sec-fetch-site': 'same-origin' }],
    [{ cookie: 'JSESSIONID=', 'x-api-key': 'abc' }],
  ])('is, at the REST door, %j', (headers) => {
    expect(read(headers, 'rest')).toBe('abc');
  });

  it.each([
    [{}],
    [{ authorization: ' ' }],
    [{ 'x-api-key': '' }],
    [{ cookie: 'JSESSIONID=abc' }],
    [{ cookie: 'jsessionid=abc' }],
  ])('is not there in %j', (headers) => {
    expect(read(headers)).toBe(none);
  });

  it('is no cookie that the page of another site made a browser send', () => {
    expect(read({ cookie: 'JSESSIONID=abc', 'sec-fetch-site': 'cross-site' }, 'rest')).toBe(none);
  });

  it.each([
    [{ authorization: 'Bearer abc', 'x-api-key': 'abd' }],
    [{ cookie: 'JSESSIONID=abd', 'x-api-key': 'abc' }],
    [{ cookie: 'JSESSIONID=abc; JSESSIONID=abd' }],
  ])('is one: %j', (headers) => {
    expect(read(headers, 'rest')).toBe(several);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'abc', 'Bearer a b', 'Bearer a, Bearer b', 'BearerX abc'])(
    'is not Authorization: %s',
    (authorization) => {
      expect(read({ authorization })).toBe(unknown);
      expect(read({ authorization, 'x-api-key': 'abc' })).toBe(unknown);
    },
  );
});

describe('a map that forgets', () => {
  it('forgets what is too old, and the oldest where there are too many', () => {
    let time = 1_000;
    const map = new ExpiringMap<number>({ lifetime: 5_000, capacity: 2, now: () => new Date(time) });
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2]);
    time += 4_999;
    expect(map.get('a')).toBe(3);
    time += 1;
    expect([map.get('a'), map.size]).toEqual([undefined, 1]);
    // The clock was set back.
    time -= 60_000;
    expect(map.get('c')).toBeUndefined();
  });
});
