import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imageFileName } from '../src/images/file-names.ts';
import { isSafeKey } from '../src/storage/blob-store.ts';
import { tries } from './support/tries.ts';

const extensions = ['jpg', 'png', 'gif'] as const;
const means = { jpg: /\.(jpg|jpeg|jpe|jfif)$/i, png: /\.png$/i, gif: /\.gif$/i };

const name = (original: string, extension: (typeof extensions)[number] = 'png') =>
  imageFileName(original, extension, 1).slice(2);

describe('imageFileName', () => {
  test("ruling 39: names the page's example as the page does", () => {
    const named = imageFileName('logo_color_272x92dp.png', 'png', 1_471_338_230_737);
    expect(named).toBe('1471338230737_logo_color_272x92dp.png');
  });

  test.each([
    ['photo.jpg', 'jpg', 'photo.jpg'],
    ['photo.JPG', 'jpg', 'photo.JPG'],
    ['photo.jpeg', 'jpg', 'photo.jpeg'],
    ['photo.Jpe', 'jpg', 'photo.Jpe'],
    ['photo.jfif', 'jpg', 'photo.jfif'],
    ['photo.PNG', 'png', 'photo.PNG'],
    ['photo.GIF', 'gif', 'photo.GIF'],
  ] as const)('keeps an extension that means the format as typed: %s', (original, extension, expected) => {
    expect(name(original, extension)).toBe(expected);
  });

  test.each([
    ['logo.bmp', 'png', 'logo.png'],
    ['photo.png', 'jpg', 'photo.jpg'],
    ['photo.jpeg', 'gif', 'photo.gif'],
    ['evil.html', 'png', 'evil.png'],
    ['evil.PHP5', 'gif', 'evil.gif'],
    ['evil.svg', 'jpg', 'evil.jpg'],
    ['photo.png.exe', 'png', 'photo.png.png'],
    ['photo', 'png', 'photo.png'],
    ['photo.', 'png', 'photo.png'],
    ['St. Mary', 'jpg', 'St._Mary.jpg'],
    ['logo v1.0', 'png', 'logo_v1.0.png'],
  ] as const)('ruling 40: makes the extension of %s tell the truth (%s)', (original, extension, expected) => {
    expect(name(original, extension)).toBe(expected);
  });

  test.each([
    ['C:\\Pictures\\my logo.png', 'my_logo.png'],
    ['/etc/passwd.png', 'passwd.png'],
    ['../../secret.png', 'secret.png'],
    ['..\\..\\secret.png', 'secret.png'],
    ['..', 'image.png'],
    ['...png', 'image.png'],
    ['.htaccess', 'htaccess.png'],
    ['...hidden.png', 'hidden.png'],
    ['.png', 'image.png'],
    ['', 'image.png'],
    ['folder/', 'image.png'],
    ['Été à Zürich.png', 'Ete_a_Zurich.png'],
    ['Ｌｏｇｏ．ｐｎｇ', 'Logo.png'],
    ['a／b.png', 'a_b.png'],
    ['标志.png', '__.png'],
    ['😀.png', '_.png'],
    ['a\0b\r\nc"d.png', 'a_b__c_d.png'],
    ['%2e%2e%2f.png', '_2e_2e_2f.png'],
    ['\ud800.png', '_.png'],
  ])('ruling 39: cleans %j', (original, expected) => {
    expect(name(original)).toBe(expected);
  });

  test('keeps the extension of a name that is too long', () => {
    expect(name(`${'x'.repeat(300)}.jpeg`, 'jpg')).toBe(`${'x'.repeat(95)}.jpeg`);
    expect(name('x'.repeat(300), 'gif')).toBe(`${'x'.repeat(96)}.gif`);
  });

  test('names every picture safely, whatever it was called', () => {
    const parts = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      '.png',
      '.JPG',
      '.gif',
      '.bmp',
      'é',
      ' ',
      '\0',
      'ﷺ',
      'x'.repeat(60),
    );
    const original = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.oneof(parts, fc.string({ maxLength: 4 })), { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(original, fc.constantFrom(...extensions), (sent, extension) => {
        const cleaned = name(sent, extension);
        return (
          /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(cleaned) &&
          means[extension].test(cleaned) &&
          name(cleaned, extension) === cleaned &&
          isSafeKey(`1-1471338230737/photoCustomerCategory/medium_1471338230737_${cleaned}`)
        );
      }),
      tries(10_000),
    );
  });
});
