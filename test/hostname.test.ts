import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHostnameReader } from '../src/auth/hostname.ts';

const piece = fc.constantFrom(
  ...[
    '/',
    '\\',
    '//',
    '?',
    '#',
    '@',
    ':',
    ':80',
    ':8080',
    '%2f',
    '%00',
    '\t',
    '\n',
    ' ',
    '\0',
    '.',
    '[::1]',
    '127.0.0.1',
  ],
  ...['localhost', 'LOCALHOST', 'evil.example', 'graphql', 'é', '\u{ad}', '１', '0x7f', '-', '_', ''],
);
const address = fc
  .tuple(fc.constantFrom('http://', 'https://', 'HTTP://', 'http:/', 'http:\\\\'), fc.array(piece, { maxLength: 6 }))
  .map(([scheme, pieces]) => scheme + pieces.join(''));

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

it('the host of an address is what URL says, whichever were read before', () => {
  fc.assert(
    fc.property(fc.array(address, { minLength: 1, maxLength: 8 }), (addresses) => {
      const read = createHostnameReader();
      for (const url of addresses) {
        const expected = attempt(() => new URL(url).hostname);
        expect(attempt(() => read(url))).toBe(expected);
      }
    }),
    { numRuns: 5_000 },
  );
});

it('addresses without a host of their own do not share one', () => {
  const read = createHostnameReader();
  expect(read('http:////localhost/graphql')).toBe('localhost');
  expect(read('http:////evil.example/graphql')).toBe('evil.example');
  expect(read('http://\t/localhost')).toBe('localhost');
  expect(read('http://\t/evil.example')).toBe('evil.example');
});
