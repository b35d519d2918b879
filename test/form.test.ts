import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { limits } from '../src/contract/limits.ts';
import { type Form, FormError, readForm } from '../src/rest/form.ts';
import { tries } from './support/tries.ts';

const urlencoded = 'application/x-www-form-urlencoded';
const boundary = '----b0undary';
const multipart = `multipart/form-data; boundary=${boundary}`;
const runs = tries(10_000);

type Bytes = Uint8Array | string;
/** A string stands for its UTF-8 bytes; `latin1` makes one byte of each character. */
const toBytes = (bytes: Bytes) => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const join = (...pieces: Bytes[]) => Buffer.concat(pieces.map(toBytes));

/** Each chunk has its own memory, which is overwritten once it was read, as a pooled socket buffer may be. */
async function* send(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    const chunk = Uint8Array.from(bytes.subarray(start, start + size));
    yield chunk;
    await Promise.resolve();
    chunk.fill(0x2a);
    start += size;
  }
}

function read(contentType: string | null, bytes: Bytes | null, sizes?: readonly number[]): Promise<Form> {
  const body = bytes === null ? null : send(toBytes(bytes), sizes);
  return readForm({ contentType, body }, { fileField: 'imageFile' });
}

/** The form's texts as they are, its files as `{ filename, bytes }`. */
async function readPlain(contentType: string | null, bytes: Bytes | null, sizes?: readonly number[]) {
  const form = await read(contentType, bytes, sizes);
  const plain = Array.from(form, ([name, field]): [string, unknown] => {
    if (field.kind === 'text') return [name, field.value];
    return [name, field.kind === 'file' ? { filename: field.filename, bytes: [...field.bytes] } : field];
  });
  return new Map(plain);
}

/** What became of a form, comparable; any error but a FormError is thrown on. */
async function settle(contentType: string, bytes: Bytes, sizes?: readonly number[]): Promise<unknown> {
  try {
    return await readPlain(contentType, bytes, sizes);
  } catch (error) {
    if (error instanceof FormError) return { code: error.code, message: error.message };
    throw error;
  }
}

const part = (headers: Bytes, body: Bytes) => join(`--${boundary}\r\n`, headers, '\r\n\r\n', body, '\r\n');
const field = (name: string, value: Bytes, ...headers: string[]) =>
  part([`Content-Disposition: form-data; name="${name}"`, ...headers].join('\r\n'), value);
const file = (name: string, filename: string, value: Bytes) =>
  part(`Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/png`, value);
const parts = (...all: Bytes[]) => join(...all, `--${boundary}--\r\n`);

const texted = (...entries: (readonly [string, string])[]) => new Map(entries);
const refused = (code: string, message: unknown): unknown =>
  expect.objectContaining({ name: 'FormError', code, message });
const invalid = (parameter: string) => refused('invalid_param_type', texts.invalidType(parameter));
const unsupported = refused(
  'unsupported_media_type',
  'The body must be application/x-www-form-urlencoded or multipart/form-data.',
);
const tooLarge = (what: string) => refused('payload_too_large', expect.stringContaining(what));

describe('content types', () => {
  test.each([null, '', urlencoded, multipart])('ruling 7: takes no body of type %j for an empty form', async (type) => {
    expect(await readPlain(type, null)).toEqual(new Map());
  });

  test('takes an empty body without a type, or urlencoded, for an empty form', async () => {
    expect(await readPlain(null, '')).toEqual(new Map());
    expect(await readPlain(urlencoded, '')).toEqual(new Map());
  });

  test.each([urlencoded.toUpperCase(), `${urlencoded} ; charset=UTF-8`, `${urlencoded};x;charset="utf-8";y=`])(
    'reads %s as urlencoded',
    async (type) => {
      expect(await readPlain(type, 'name=André')).toEqual(texted(['name', 'André']));
    },
  );

  test.each([
    'application/json',
    'text/plain',
    'multipart/mixed; boundary=x',
    'x',
    '; charset=utf-8x',
    `${urlencoded}x`,
  ])('ruling 7: refuses a body of type %s', async (type) => {
    await expect(read(type, 'name=A')).rejects.toEqual(unsupported);
  });

  test('ruling 7: refuses bytes without a type, and another type without bytes', async () => {
    await expect(read(null, 'name=A')).rejects.toEqual(unsupported);
    await expect(read('application/json', '')).rejects.toEqual(unsupported);
    await expect(read('application/json', null)).rejects.toEqual(unsupported);
  });
});

describe('urlencoded', () => {
  test.each([
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      '&a=1&&b&=c&',
      [
        ['a', '1'],
        ['b', ''],
        ['', 'c'],
      ],
    ],
    ['a=b=c==', [['a', 'b=c==']]],
    ['a+b=c+%2B+d', [['a b', 'c + d']]],
    [
      'a=%zz%&b=%4&c=%%41&d=%4%41',
      [
        ['a', '%zz%'],
        ['b', '%4'],
        ['c', '%A'],
        ['d', '%4A'],
      ],
    ],
    ['%61=%c3%A9', [['a', 'é']]],
    [
      'a= b \t&c=%00',
      [
        ['a', ' b \t'],
        ['c', '\u0000'],
      ],
    ],
    ['a=%EF%BB%BFb', [['a', '\uFEFFb']]],
    [
      'a=1&name=2&a=3',
      [
        ['a', '3'],
        ['name', '2'],
      ],
    ],
  ] as const)('reads %s', async (body, entries) => {
    expect(await readPlain(urlencoded, body)).toEqual(texted(...entries));
  });

  test('ruling 28: lets the documented paymentTypes through unescaped', async () => {
    const form = await readPlain(urlencoded, 'paymentTypes=[{"id"=7},{"id"=8}]&name=A');
    expect(form).toEqual(texted(['paymentTypes', '[{"id"=7},{"id"=8}]'], ['name', 'A']));
  });

  test('drops the line end of a posted file, and no other', async () => {
    expect(await readPlain(urlencoded, 'a=1\n&b=2\r\n')).toEqual(texted(['a', '1\n'], ['b', '2']));
    expect(await readPlain(urlencoded, 'b=2\n\n')).toEqual(texted(['b', '2\n']));
    expect(await readPlain(urlencoded, 'b=2%0D%0A')).toEqual(texted(['b', '2\r\n']));
  });

  test('ruling 10: takes __proto__ for a name', async () => {
    const form = await readPlain(urlencoded, '__proto__=a&constructor=b');
    expect([...form]).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

describe('charsets', () => {
  test('ruling 9: reads undeclared bytes as UTF-8, else as windows-1252, each value on its own', async () => {
    const form = await readPlain(urlencoded, 'a=Andr%E9&b=Andr%C3%A9&c=%80%93%8D&%E9t%E9=x&d=%ED%A0%80');
    expect(form).toEqual(texted(['a', 'André'], ['b', 'André'], ['c', '€“\u008D'], ['été', 'x'], ['d', 'í\u00A0€']));
  });

  test.each(['ISO-8859-1', 'iso8859-1', 'latin1', 'windows-1252', 'cp1252', 'us-ascii'])(
    'ruling 9: reads %s as browsers do',
    async (charset) => {
      const body = '%E9=%C3%A9%80';
      expect(await readPlain(`${urlencoded}; charset=${charset}`, body)).toEqual(texted(['é', 'Ã©€']));
    },
  );

  test.each([
    ['iso-8859-15', '%A4', '€'],
    ['windows-1256', '%E3%D1%CD%C8%C7', 'مرحبا'],
    ['Shift_JIS', '%93%FA%96%7B%5C', '日本\\'],
    ['gb18030', '%C4%E3', '你'],
    ['cp850', '%82', 'é'],
    ['UTF-8', '%EF%BB%BFé', '\uFEFFé'],
  ])('ruling 9: reads %s', async (charset, escaped, text) => {
    expect(await readPlain(`${urlencoded}; charset="${charset}"`, `a=${escaped}`)).toEqual(texted(['a', text]));
  });

  test.each(['klingon', 'base64', 'hex', 'ucs2', 'utf16', 'utf-16le', 'utf-32', 'utf-7', 'binary', '__proto__', '%'])(
    'ruling 9: refuses the declared charset %s',
    async (charset) => {
      await expect(read(`${urlencoded}; charset=${charset}`, 'a=1')).rejects.toEqual(invalid('charset'));
      await expect(read(`${multipart}; charset=${charset}`, parts(field('a', '1')))).rejects.toEqual(
        invalid('charset'),
      );
      const declared = field('a', '1', `Content-Type: text/plain; charset=${charset}`);
      await expect(read(multipart, parts(declared))).rejects.toEqual(invalid('charset'));
    },
  );

  test('keeps a value whose bytes are none of the declared charset as unreadable, and every other as it is', async () => {
    const unreadable = { kind: 'unreadable' };
    const utf8 = await readPlain(`${urlencoded}; charset=utf-8`, 'a=1&b=%E9');
    expect([...utf8]).toEqual([
      ['a', '1'],
      ['b', unreadable],
    ]);
    expect([...(await readPlain(`${urlencoded}; charset=shift_jis`, 'b=%93'))]).toEqual([['b', unreadable]]);
    const declared = field('b', latin1('é'), 'Content-Type: text/plain; charset=UTF-8');
    expect([...(await readPlain(multipart, parts(declared)))]).toEqual([['b', unreadable]]);
  });

  test('ruling 10: takes a name whose bytes are none of the declared charset for one that nobody knows', async () => {
    expect([...(await readPlain(`${urlencoded}; charset=utf-8`, '%E9=1&a=2'))]).toEqual([
      ['é', '1'],
      ['a', '2'],
    ]);
  });

  test('ruling 9: reads a part in its own charset, else the request’s, else undeclared', async () => {
    const plain = (charset: string) => `Content-Type: text/plain; charset=${charset}`;
    const body = parts(
      field('a', latin1('\xA4'), plain('iso-8859-15')),
      field('b', 'é€', plain('"utf-8"')),
      field('c', latin1('é')),
      field('d', 'é'),
    );
    const own = [
      ['a', '€'],
      ['b', 'é€'],
    ] as const;
    expect(await readPlain(multipart, body)).toEqual(texted(...own, ['c', 'é'], ['d', 'é']));
    const inLatin1 = await readPlain(`multipart/form-data; charset=ISO-8859-1; boundary=${boundary}`, body);
    expect(inLatin1).toEqual(texted(...own, ['c', 'é'], ['d', 'Ã©']));
  });
});

describe('multipart', () => {
  const png = latin1('\x89PNG\r\n\x1A\n\r\n--\r\n----b0undar\u0000');

  test('reads texts and the image, in the order they were sent', async () => {
    const form = await read(
      multipart,
      parts(field('name', ' A\r\n'), file('imageFile', 'logo.png', png), field('fax', '')),
    );
    expect([...form]).toEqual([
      ['name', { kind: 'text', value: ' A\r\n' }],
      ['imageFile', { kind: 'file', filename: 'logo.png', bytes: png }],
      ['fax', { kind: 'text', value: '' }],
    ]);
  });

  test('reads a form without parts, with a preamble and with an epilogue', async () => {
    expect(await readPlain(multipart, parts())).toEqual(new Map());
    const body = join('preamble\r\n', parts(field('a', '1')), 'epilogue\r\n', field('b', '2'));
    expect(await readPlain(multipart, body)).toEqual(texted(['a', '1']));
  });

  test.each([
    ['form-data; name="a"', 'a'],
    ['form-data; name=a', 'a'],
    ['form-data;name=a;x=y', 'a'],
    ['FORM-DATA; x="y;name=b"; NAME = "a"', 'a'],
    ['form-data; name="a;b=c"', 'a;b=c'],
    ['form-data; name="say \\"a\\\\\\""', 'say "a\\"'],
    ['form-data; name="say %22a%22%0d%0A%41"', 'say "a"\r\n%41'],
    ['form-data; name="a\\b"', 'a\\b'],
    ['form-data; name="a', 'a'],
    ['form-data; name="a"; name="b"', 'a'],
    ['form-data; name=""', ''],
    ['form-data; name="naïve"', 'naïve'],
    [latin1('form-data; name="na\xEFve"'), 'naïve'],
    ['form-data;\r\n name="a"', 'a'],
    ['form-data; name="__proto__"', '__proto__'],
  ])('reads the name from %s', async (disposition, name) => {
    const body = parts(part(join('content-type: text/plain\r\ncontent-disposition:', disposition), 'x'));
    expect(await readPlain(multipart, body)).toEqual(texted([name, 'x']));
  });

  test.each([
    ['filename="logo.png"', 'logo.png'],
    ['filename=logo.png', 'logo.png'],
    ['filename="C:\\photos\\été.png"', 'C:\\photos\\été.png'],
    [latin1('filename="\xE9t\xE9.png"'), 'été.png'],
    ['filename="a%22b\\"c.png"', 'a"b"c.png'],
    ['filename="x.png"; filename*=UTF-8\'\'%C3%A9t%C3%A9.png', 'été.png'],
    ["filename*=iso-8859-1'fr'%E9t%E9.png", 'été.png'],
    ["filename=x.png; filename*=klingon''y.png", 'x.png'],
    ["filename=x.png; filename*=UTF-8''%E9.png", 'x.png'],
    ['filename*=y.png', 'y.png'],
  ])('reads the file’s name from %s', async (parameter, filename) => {
    const header = join('Content-Disposition: form-data; name="imageFile"; ', parameter);
    expect(await readPlain(multipart, parts(part(header, 'x')))).toEqual(
      new Map([['imageFile', { filename, bytes: [0x78] }]]),
    );
  });

  test('takes a file field without a chosen file for an empty text', async () => {
    expect(await readPlain(multipart, parts(file('imageFile', '', '')))).toEqual(texted(['imageFile', '']));
    const nameless = await readPlain(multipart, parts(file('imageFile', '', 'x')));
    expect(nameless).toEqual(new Map([['imageFile', { filename: '', bytes: [0x78] }]]));
  });

  test('takes a file in another field for its text, and a text in the file field for a text', async () => {
    const body = parts(file('comment', 'note.txt', 'Bonjour'), field('imageFile', 'logo.png'));
    expect(await readPlain(multipart, body)).toEqual(texted(['comment', 'Bonjour'], ['imageFile', 'logo.png']));
  });

  test('ruling 10: takes the last of two, whatever they are', async () => {
    const text = field('imageFile', '');
    const image = file('imageFile', 'a.png', 'x');
    expect(await readPlain(multipart, parts(image, text))).toEqual(texted(['imageFile', '']));
    const both = await readPlain(multipart, parts(text, file('imageFile', 'b', 'y'), image));
    expect(both).toEqual(new Map([['imageFile', { filename: 'a.png', bytes: [0x78] }]]));
  });

  test('ignores a part without a name', async () => {
    const body = parts(
      part('Content-Disposition: form-data', 'x'),
      part('Content-Type: text/plain', 'x'),
      part('Content-Disposition: form-data; filename="a.png"', 'x'),
      field('a', '1'),
    );
    expect(await readPlain(multipart, body)).toEqual(texted(['a', '1']));
  });

  test('ignores a transfer encoding, as browsers do', async () => {
    const body = parts(field('a', 'YQ==', 'Content-Transfer-Encoding: base64'));
    expect(await readPlain(multipart, body)).toEqual(texted(['a', 'YQ==']));
  });

  test.each([
    ['nothing', ''],
    ['no boundary', 'name=A'],
    ['another boundary', parts(field('a', '1')).toString().replaceAll(boundary, 'x')],
    ['bare line feeds', parts(field('a', '1')).toString().replaceAll('\r\n', '\n')],
    ['no final boundary', field('a', '1')],
    ['no parts and no end', `--${boundary}\r\n`],
    ['a final boundary with one dash', join(field('a', '1'), `--${boundary}-\r\n`)],
    ['a header without end', parts(`--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n`)],
    ['a header without end, before another part', parts(`--${boundary}\r\nContent-Disposition\r\n`, field('a', '1'))],
    ['a part without header', parts(part('', 'x'))],
    ['an unreadable header', parts(part('Content-Disposition form-data', 'x'))],
    ['a line break in a name', parts(field('a\nb', 'x'))],
    ['an empty part', parts(`--${boundary}\r\n`)],
  ])('refuses a body with %s', async (_, body) => {
    await expect(read(multipart, body)).rejects.toEqual(invalid('body'));
    await expect(read(multipart, body, [1])).rejects.toEqual(invalid('body'));
  });

  test.each(['', '; boundary=', '; boundary=""', '; boundary', '; boundary=é', `; boundary=${'b'.repeat(71)}`])(
    'refuses the boundary of "multipart/form-data%s"',
    async (parameter) => {
      await expect(read(`multipart/form-data${parameter}`, parts(field('a', '1')))).rejects.toEqual(invalid('body'));
    },
  );

  test('reads a quoted boundary of any legal characters and length', async () => {
    for (const legal of ["a'()+_,-./:=? b", 'b'.repeat(70), '-', '--']) {
      const body = parts(field('a', '1')).toString().replaceAll(boundary, legal);
      expect(await readPlain(`multipart/form-data; boundary="${legal}"`, body)).toEqual(texted(['a', '1']));
    }
  });
});

describe('limits', () => {
  const { textBytes, nameBytes, partHeaderBytes, bodyBytes } = limits.form;

  test('takes an urlencoded body of exactly the limit and no more', async () => {
    const body = `a=${'x'.repeat(textBytes - 2)}`;
    expect((await readPlain(urlencoded, body)).get('a')).toHaveLength(textBytes - 2);
    await expect(read(urlencoded, `${body}x`, [65_536])).rejects.toEqual(tooLarge('text'));
  });

  test('takes multipart text of exactly the limit and no more', async () => {
    const half = 'x'.repeat(textBytes / 2 - 1);
    expect((await readPlain(multipart, parts(field('a', half), field('b', half)))).size).toBe(2);
    await expect(read(multipart, parts(field('a', half), field('b', `${half}x`)))).rejects.toEqual(tooLarge('text'));
    await expect(read(multipart, parts(file('comment', 'a.txt', `${half}${half}xx`)))).rejects.toEqual(
      tooLarge('text'),
    );
  });

  test('takes 1 000 parameters and no more', async () => {
    const fields = Array.from({ length: limits.form.parameters }, (_, index) => field(`n${index}`, ''));
    expect((await read(multipart, parts(...fields))).size).toBe(limits.form.parameters);
    await expect(read(multipart, parts(...fields, field('a', '')))).rejects.toEqual(tooLarge('parameters'));
    const pairs = 'a=1&'.repeat(limits.form.parameters);
    expect((await read(urlencoded, pairs)).size).toBe(1);
    await expect(read(urlencoded, `${pairs}a=1`)).rejects.toEqual(tooLarge('parameters'));
  });

  test('takes names of 255 bytes and no more', async () => {
    const name = 'é'.repeat(127) + 'e';
    expect(await readPlain(urlencoded, `${encodeURIComponent(name)}=1`)).toEqual(texted([name, '1']));
    expect(await readPlain(multipart, parts(field(name, '1')))).toEqual(texted([name, '1']));
    expect(Buffer.byteLength(name)).toBe(nameBytes);
    await expect(read(urlencoded, `${name}e=1`)).rejects.toEqual(tooLarge('name'));
    await expect(read(multipart, parts(field(`${name}e`, '1')))).rejects.toEqual(tooLarge('name'));
  });

  test('refuses a part whose header is too large', async () => {
    const header = (size: number) => field('a', '1', `X-Padding: ${'x'.repeat(size)}`);
    expect(await readPlain(multipart, parts(header(partHeaderBytes - 100)))).toEqual(texted(['a', '1']));
    for (const size of [partHeaderBytes, 2 * partHeaderBytes, 10 * partHeaderBytes]) {
      await expect(read(multipart, parts(header(size)), [5_000])).rejects.toEqual(tooLarge('header'));
    }
  });

  test('ruling 38: keeps one byte too many of a large image, and what follows it', async () => {
    const body = parts(
      file('imageFile', 'a.png', Buffer.alloc((20 * limits.images.fileBytes) / 2, 1)),
      field('a', '1'),
    );
    const form = await read(multipart, body, [65_536]);
    const image = form.get('imageFile');
    expect(image?.kind === 'file' && image.bytes.length).toBe(limits.images.fileBytes + 1);
    expect(form.get('a')).toEqual({ kind: 'text', value: '1' });
    const whole = await read(
      multipart,
      parts(file('imageFile', 'a.png', Buffer.alloc(limits.images.fileBytes, 1))),
      [65_536],
    );
    const fitting = whole.get('imageFile');
    expect(fitting?.kind === 'file' && fitting.bytes.length).toBe(limits.images.fileBytes);
  });

  test('stops reading a body that is too large, and blames the image if it was one', async () => {
    async function* endless(start: Bytes, end: (sent: number) => void): AsyncGenerator<Uint8Array> {
      const megabyte = Buffer.alloc(1_048_576, 1);
      let sent = 0;
      try {
        yield toBytes(start);
        for (;;) {
          sent += megabyte.length;
          yield await Promise.resolve(megabyte);
        }
      } finally {
        end(sent);
      }
    }
    const nameless = part('Content-Disposition: form-data', '');
    const starts: [Bytes, unknown][] = [
      [file('imageFile', 'a.png', '').subarray(0, -2), refused('exceeded_file_size', texts.fileTooLarge)],
      [
        join(file('imageFile', 'a.png', Buffer.alloc(limits.images.fileBytes + 1)), nameless.subarray(0, -2)),
        refused('exceeded_file_size', texts.fileTooLarge),
      ],
      [join(file('imageFile', 'a.png', 'x'), nameless.subarray(0, -2)), tooLarge('body')],
      ['', tooLarge('body')],
    ];
    for (const [start, error] of starts) {
      let sent = -1;
      const body = endless(start, (bytes) => (sent = bytes));
      await expect(readForm({ contentType: multipart, body }, { fileField: 'imageFile' })).rejects.toEqual(error);
      expect(sent).toBeGreaterThan(bodyBytes - 4 * 1_048_576);
      expect(sent).toBeLessThanOrEqual(bodyBytes + 1_048_576);
    }
  });
});

test('rejects with the body’s own error where the client went away', async () => {
  const gone = new Error('aborted');
  async function* abort(start: Bytes): AsyncGenerator<Uint8Array> {
    yield toBytes(start);
    await Promise.resolve();
    throw gone;
  }
  const starts = [field('a', '1'), file('imageFile', 'a.png', 'x').subarray(0, -1), `--${boundary}\r\nConte`];
  for (const start of starts) {
    const source = { contentType: multipart, body: abort(start) };
    await expect(readForm(source, { fileField: 'imageFile' })).rejects.toBe(gone);
  }
  const source = { contentType: urlencoded, body: abort('a=1') };
  await expect(readForm(source, { fileField: 'imageFile' })).rejects.toBe(gone);
});

describe('any bytes', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const noise = fc.uint8Array({ maxLength: 30 });
  const toPiece = (piece: string) => latin1(piece);

  test('as urlencoded are a form or a FormError, however they are cut', async () => {
    const tokens = ['&', '=', '%', '+', '%E9', '%C3%A9', '%00', 'a', '__proto__', '\r\n', '%zz', 'é'];
    const body = fc.array(fc.oneof(noise, fc.constantFrom(...tokens).map(toPiece)), { maxLength: 15 });
    const type = fc.constantFrom('', '', '; charset=utf-8', '; charset=latin1', '; charset=gbk', '; charset=x');
    await fc.assert(
      fc.asyncProperty(body, type, sizes, async (pieces, parameters, cuts) => {
        const bytes = join(...pieces);
        const whole = await settle(urlencoded + parameters, bytes);
        expect(await settle(urlencoded + parameters, bytes, cuts)).toEqual(whole);
      }),
      runs,
    );
  });

  test('as multipart are a form or a FormError, and never two forms by how they are cut', async () => {
    const disposition = 'Content-Disposition: form-data; name=';
    const tokens = [
      `\r\n--${boundary}`,
      `--${boundary}\r\n`,
      `--${boundary}--`,
      '\r\n',
      '\r',
      '\r\n\r\n',
      '-',
      ':',
      ';',
    ];
    const headers = [
      `${disposition}a`,
      `${disposition}"imageFile"; filename="b"`,
      `${disposition}"`,
      'Content-Type: text/plain; charset=utf-8',
    ];
    const token = fc.constantFrom(...tokens, ...headers, `\r\n--${boundary}\r\n${disposition}a\r\n\r\n`).map(toPiece);
    const body = fc.array(fc.oneof({ weight: 3, arbitrary: token }, { weight: 1, arbitrary: noise }), {
      maxLength: 20,
    });
    const closed = fc.tuple(body, fc.constantFrom('', `\r\n--${boundary}--`).map(toPiece));
    await fc.assert(
      fc.asyncProperty(closed, sizes, async ([pieces, end], cuts) => {
        const bytes = join(...pieces, end);
        const readings = [await settle(multipart, bytes), await settle(multipart, bytes, cuts)];
        // Dicer sees a lone dash after a boundary only where it ends a chunk.
        const forms = readings.filter((reading) => reading instanceof Map);
        if (forms.length !== 1) expect(readings[0]).toEqual(readings[1]);
        else expect(bytes.toString('latin1')).toMatch(new RegExp(`--${boundary}-(?!-)`));
      }),
      runs,
    );
  });

  test('of a form cut off anywhere are refused, and of a whole one read, however they are cut', async () => {
    const image = latin1(`\x89PNG\r\n\r\n--${boundary.slice(0, -1)}\r\n\r\n-\r`);
    const whole = join(
      'x\r\n',
      field('name', 'André\r\n--'),
      file('imageFile', 'a.png', image),
      parts(field('fax', '')),
    );
    const expected = await readPlain(multipart, whole);
    expect(expected.size).toBe(3);
    const complete = whole.length - '\r\n'.length;
    const check = async (end: number, cuts?: readonly number[]) => {
      const form = await settle(multipart, whole.subarray(0, end), cuts);
      if (end < complete) expect(form).toEqual({ code: 'invalid_param_type', message: texts.invalidType('body') });
      else expect(form).toEqual(expected);
    };
    for (let end = 0; end <= whole.length; end++) {
      await check(end);
      await check(end, [1]);
    }
    const ends = fc.oneof(fc.nat(whole.length), fc.integer({ min: complete - 2, max: whole.length }));
    await fc.assert(fc.asyncProperty(ends, sizes, check), runs);
  });

  const name = text.filter((each) => !/%(?:22|0[ad])|\\(?:["\\]|$)/i.test(each));
  const entries = <Value>(value: fc.Arbitrary<Value>, key = text) => fc.array(fc.tuple(key, value), { maxLength: 6 });

  test('of an encoded form read back: urlencoded UTF-8', async () => {
    const type = fc.constantFrom(urlencoded, `${urlencoded};charset=UTF-8`);
    await fc.assert(
      fc.asyncProperty(entries(text), type, sizes, async (pairs, contentType, cuts) => {
        const body = new URLSearchParams(pairs).toString();
        expect(await readPlain(contentType, body, cuts)).toEqual(new Map(pairs));
      }),
      runs,
    );
  });

  test('of an encoded form read back: urlencoded windows-1252', async () => {
    const repertoire = Array.from(
      iconv.decode(
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
        'windows1252',
      ),
    );
    const unit = fc.constantFrom(...repertoire.filter((character) => character !== '\uFFFD'));
    const western = fc.string({ unit, maxLength: 20 });
    const escape = (plain: string) =>
      Array.from(iconv.encode(plain, 'windows1252'), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const looksLikeUtf8 = (plain: string) =>
      /[^\0-\x7F]/.test(plain) && !iconv.encode(plain, 'windows1252').toString().includes('\uFFFD');
    await fc.assert(
      fc.asyncProperty(entries(western, western), sizes, async (pairs, cuts) => {
        const body = pairs.map(([key, value]) => `${escape(key)}=${escape(value)}`).join('&');
        const form = new Map(pairs);
        expect(await readPlain(`${urlencoded}; charset=windows-1252`, body, cuts)).toEqual(form);
        if (!pairs.flat().some(looksLikeUtf8)) expect(await readPlain(urlencoded, body, cuts)).toEqual(form);
      }),
      runs,
    );
  });

  test('of an encoded form read back: multipart', async () => {
    const escape = (plain: string) => plain.replace(/["\r\n]/g, (mark) => encodeURIComponent(mark));
    const image = fc.option(fc.record({ filename: name, bytes: noise }), { nil: undefined });
    const other = name.filter((each) => each !== 'imageFile');
    await fc.assert(
      fc.asyncProperty(entries(text, other), image, sizes, async (pairs, sent, cuts) => {
        const fields = pairs.map(([key, value]) => field(escape(key), value));
        const form = new Map<string, unknown>(pairs);
        if (sent !== undefined) {
          fields.push(file('imageFile', escape(sent.filename), sent.bytes));
          const isEmpty = sent.filename === '' && sent.bytes.length === 0;
          form.set('imageFile', isEmpty ? '' : { filename: sent.filename, bytes: [...sent.bytes] });
        }
        expect(await readPlain(multipart, parts(...fields), cuts)).toEqual(form);
      }),
      runs,
    );
  });

  test('of undici’s FormData are read back', async () => {
    const form = new FormData();
    form.set('name', 'Marie’s "Jewelry"\r\n%22');
    form.set('imageFile', new Blob([await readFile(import.meta.filename)]), 'été "1".png');
    const response = new Response(form);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const read = await readPlain(response.headers.get('content-type'), bytes, [100]);
    expect(read.get('name')).toBe('Marie’s "Jewelry"\r\n%22');
    expect(read.get('imageFile')).toMatchObject({ filename: 'été "1".png' });
  });
});
