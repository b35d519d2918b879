import { gzipSync } from 'node:zlib';
import { limits } from '../../src/contract/limits.ts';
import { sentences } from '../support/rest.ts';
import type { Attack, AttackGroup } from './attack.ts';
import { categoryPath, multipart, namePart, part, parts, postForm, postParts, raw, urlencoded } from './requests.ts';

const missing = (parameter: string) => `400 missing_param: ${sentences.missing(parameter)}`;
const invalid = (parameter: string) => `400 invalid_param_type: ${sentences.invalid(parameter)}`;
const noForm = '415 unsupported_media_type: The body must be application/x-www-form-urlencoded or multipart/form-data.';
const notAnImage = '400 unsupported_file_type: image format not supported.';
const tooLong = (part: string, bytes: number) => `413 payload_too_large: ${part} must not exceed ${bytes} bytes.`;
const tooMany = '413 payload_too_large: The form must not have more than 1000 parameters.';
const textTooLong = tooLong('The text of the form', limits.form.textBytes);

const as = (contentType: string, body: string | Uint8Array = 'name=x'): Buffer =>
  postForm(body, contentType === '' ? {} : { 'content-type': contentType });
const inCharset = (charset: string, body: string | Uint8Array = 'name=x'): Buffer =>
  as(`application/x-www-form-urlencoded; charset=${charset}`, body);

const types: readonly Attack[] = [
  ['none', as(''), noForm],
  ['JSON', as('application/json', '{"name":"x"}'), noForm],
  ['text', as('text/plain'), noForm],
  ['XML', as('application/xml', '<name>x</name>'), noForm],
  ['a form of another spelling', as('application/x-www-form-urlencoded2'), noForm],
  ['a list of two', as('application/x-www-form-urlencoded, text/plain'), noForm],
  ['another multipart', as('multipart/mixed; boundary=x', parts(namePart)), noForm],
  ['something unreadable', as(';;;'), noForm],
  ['GraphQL', as('application/graphql', '{ __typename }'), noForm],
];

const charsets: readonly Attack[] = [
  ['there is none of', inCharset('klingon'), invalid('charset')],
  ['of two bytes', inCharset('utf-16le', Buffer.from('name=x', 'utf16le')), invalid('charset')],
  ['of seven bits', inCharset('utf-7', 'name=+ADw-'), invalid('charset')],
  ['that is an encoding', inCharset('base64', 'bmFtZT14'), invalid('charset')],
  ['of the prototype', inCharset('__proto__'), invalid('charset')],
  ['that its bytes are not of', inCharset('utf-8', 'name=%e9'), invalid('name')],
  [
    'of a part, unknown',
    postParts(parts(part('name="name"', 'x', 'Content-Type: text/plain; charset=klingon\r\n'))),
    invalid('charset'),
  ],
  [
    'of a part, not of its bytes',
    postParts(parts(part('name="name"', Buffer.of(0xe9), 'Content-Type: text/plain; charset=utf-8\r\n'))),
    invalid('name'),
  ],
];

const percents: readonly Attack[] = [
  ['an escaped U+0000', postForm('name=a%00b'), invalid('name')],
  ['U+0000', postForm('name=a\0b'), invalid('name')],
  ['a surrogate for a number', postForm('name=x&latitude=%ED%A0%80'), invalid('latitude')],
  ['half an escape for a number', postForm('name=x&latitude=1%'), invalid('latitude')],
  [
    'a bad escape for a boolean',
    postForm('name=x&isActive=%zz'),
    `400 invalid_param_type: ${sentences.invalidBoolean('isActive')}`,
  ],
  [
    'an escape escaped twice',
    postForm('name=x&isActive=%2574rue'),
    `400 invalid_param_type: ${sentences.invalidBoolean('isActive')}`,
  ],
  ['blanks for the name', postForm('name=+%20+'), missing('name')],
  ['gzip', postForm(gzipSync('name=x'), { ...urlencoded, 'content-encoding': 'gzip' }), missing('name')],
];

const names: readonly Attack[] = [
  ['none', postForm('=x'), missing('name')],
  ['nothing at all', postForm(''), missing('name')],
  ['no value', postForm('name'), missing('name')],
  ['only separators', postForm('&&&&===&&&'), missing('name')],
  ['brackets', postForm('name[]=x'), missing('name')],
  ['a path in brackets', postForm('name[first]=x'), missing('name')],
  ['brackets of the prototype', postForm('__proto__[name]=x'), missing('name')],
  ['constructor.prototype', postForm('constructor.prototype.name=x'), missing('name')],
  ['__proto__', postForm('__proto__=x'), missing('name')],
  ['the prototype in a part', postParts(parts(part('name="__proto__"', 'x'))), missing('name')],
  ['another case', postForm('Name=x'), missing('name')],
  ['a blank before it', postForm('+name=x'), missing('name')],
  ['U+0000 behind it', postForm('name%00=x'), missing('name')],
  ['semicolons between them', postForm('city=x;name=x'), missing('name')],
  ['the last of two empty', postForm('name=x&name='), missing('name')],
  [
    'the last of two invalid',
    postForm('name=x&isActive=true&isActive=maybe'),
    `400 invalid_param_type: ${sentences.invalidBoolean('isActive')}`,
  ],
  ['256 bytes', postForm(`name=x&${'n'.repeat(256)}=x`), tooLong('The name of a parameter', limits.form.nameBytes)],
  [
    '256 bytes in a part',
    postParts(parts(namePart, part(`name="${'n'.repeat(256)}"`, 'x'))),
    tooLong('The name of a parameter', limits.form.nameBytes),
  ],
];

const floods: readonly Attack[] = [
  ['1 001 parameters', () => postForm(`name=x&${'a=b&'.repeat(1_000)}`), tooMany],
  ['1 001 parts', () => postParts(parts(namePart, ...Array<Buffer>(1_000).fill(part('name="a"', '')))), tooMany],
  ['10 001 parts', () => postParts(parts(namePart, ...Array<Buffer>(10_000).fill(part('name="a"', '')))), tooMany],
  ['a megabyte and a byte of text', () => postForm(`name=${'x'.repeat(limits.form.textBytes)}`), textTooLong],
  [
    'a megabyte and a byte in parts',
    () => postParts(parts(namePart, part('name="comment"', 'x'.repeat(limits.form.textBytes)))),
    textTooLong,
  ],
  [
    'a header of 17 000 bytes',
    postParts(parts(namePart, part(`name="city"; a="${'x'.repeat(17_000)}"`, 'x'))),
    tooLong('The header of a part', limits.form.partHeaderBytes),
  ],
  [
    'a header of 100 000 bytes',
    () => postParts(parts(namePart, part(`name="city"; a="${'x'.repeat(100_000)}"`, 'x'))),
    tooLong('The header of a part', limits.form.partHeaderBytes),
  ],
  [
    '40 MB that nobody asked for',
    () => postParts(parts(part('name="other"; filename="a"', Buffer.alloc(40_000_000)))),
    textTooLong,
  ],
  [
    '40 MB for a picture',
    () => postParts(parts(namePart, part('name="imageFile"; filename="a.png"', Buffer.alloc(40_000_000)))),
    '400 exceeded_file_size: image size should not exceed 2Mo',
  ],
];

const withBoundary = (boundary: string, body: Uint8Array = parts(namePart)): Buffer =>
  postParts(body, { 'content-type': `multipart/form-data${boundary}` });

const boundaries: readonly Attack[] = [
  ['none', withBoundary(''), invalid('body')],
  ['an empty one', withBoundary('; boundary='), invalid('body')],
  ['an empty one in quotes', withBoundary('; boundary=""'), invalid('body')],
  ['one that is no ASCII', withBoundary('; boundary=\xe9'), invalid('body')],
  ['71 characters', withBoundary(`; boundary=${'b'.repeat(71)}`), invalid('body')],
  ['a blank at its end', withBoundary('; boundary="x "'), invalid('body')],
  ['another one than the body', withBoundary('; boundary=y'), invalid('body')],
  ['two of them, the first wrong', withBoundary('; boundary=y; boundary=x'), invalid('body')],
  ['no end', postParts(namePart), invalid('body')],
  ['an end of one dash', postParts(Buffer.concat([namePart, raw('--x-\r\n')])), invalid('body')],
  ['only its beginning', postParts(raw('--x\r\n')), invalid('body')],
  ['nothing', postParts(raw('')), invalid('body')],
  ['an end at once', postParts(raw('--x--\r\n')), missing('name')],
  ['parts only behind its end', postParts(Buffer.concat([raw('--x--\r\n'), parts(namePart)])), missing('name')],
];

const strangeParts: readonly Attack[] = [
  ['no header', postParts(raw('--x\r\n\r\nx\r\n--x--\r\n')), invalid('body')],
  [
    'a header that does not end',
    postParts(raw('--x\r\nContent-Disposition: form-data; name="name"\r\n--x--\r\n')),
    invalid('body'),
  ],
  ['a header without a colon', postParts(raw('--x\r\nContent-Disposition\r\n\r\nx\r\n--x--\r\n')), invalid('body')],
  ['no name', postParts(parts(part('filename="a"', 'x'))), missing('name')],
  ['an empty name', postParts(parts(part('name=""', 'x'))), missing('name')],
  [
    'its name on a folded line',
    postParts(raw('--x\r\nContent-Disposition: form-data;\r\n name="city\r\n\r\nx\r\n--x--\r\n')),
    missing('name'),
  ],
  ['U+0000 in its name', postParts(parts(part('name="name\0"', 'x'))), missing('name')],
  ['line ends in its name', postParts(parts(part('name="name%0D%0AX-A: x"', 'x'))), missing('name')],
  [
    'another disposition',
    postParts(raw('--x\r\nX-Disposition: form-data; name="name"\r\n\r\nx\r\n--x--\r\n')),
    missing('name'),
  ],
  [
    'parts in a part',
    postParts(
      parts(part('name="name"', parts(part('name="name"', 'x')), 'Content-Type: multipart/mixed; boundary=y\r\n')),
    ),
    invalid('body'),
  ],
  [
    'base64 that stays what it is',
    postParts(parts(namePart, part('name="isActive"', 'dHJ1ZQ==', 'Content-Transfer-Encoding: base64\r\n'))),
    `400 invalid_param_type: ${sentences.invalidBoolean('isActive')}`,
  ],
  ['U+0000 in its value', postParts(parts(part('name="name"', 'a\0b'))), invalid('name')],
];

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
const named = (filename: string, more = ''): Buffer =>
  postParts(parts(namePart, part(`name="imageFile"; filename="${filename}"`, svg, more)));

const files: readonly Attack[] = [
  ['a path', named('../../../../etc/passwd.png'), notAnImage],
  ['a path of Windows', named('C:\\\\windows\\\\a.png'), notAnImage],
  ['an absolute path', named('/etc/cron.d/a.png'), notAnImage],
  ['U+0000', named('a.png\0.svg'), notAnImage],
  ['line ends', named('a%0D%0ASet-Cookie: a=b.png'), notAnImage],
  ['markup', named('<img src=x onerror=alert(1)>.png'), notAnImage],
  ['10 000 characters', named(`${'x'.repeat(10_000)}.png`), notAnImage],
  ['dots alone', named('..'), notAnImage],
  ['nothing but a picture', named(''), notAnImage],
  [
    'bytes of no charset',
    postParts(parts(namePart, part('name="imageFile"; filename*=klingon\'x\'%e9', svg))),
    notAnImage,
  ],
  ['the type of a picture', named('a.png', 'Content-Type: image/png\r\n'), notAnImage],
  ['a text for its picture', postForm('name=x&imageFile=a.png'), notAnImage],
  ['the address of another host for its picture', postForm('name=x&imageFile=http://169.254.169.254/'), notAnImage],
  [
    'a text for a category’s picture',
    postForm('name=x&parentId=root&image=a.png', urlencoded, categoryPath),
    notAnImage,
  ],
  ['a picture for its name alone', postParts(parts(part('name="imageFile"; filename="a.png"', svg))), missing('name')],
  [
    'one of a category for a customer, and no name',
    postParts(parts(part('name="image"; filename="a.png"', svg)), multipart),
    missing('name'),
  ],
];

/** Forms for the REST door. */
export const forms: readonly AttackGroup[] = [
  { name: 'a form whose content type is', attacks: types },
  { name: 'a form of a charset', attacks: charsets },
  { name: 'a form escaped with', attacks: percents },
  { name: 'a parameter whose name is', attacks: names },
  { name: 'a form with', attacks: floods },
  { name: 'a boundary of', attacks: boundaries },
  { name: 'a part with', attacks: strangeParts },
  { name: 'a file whose name is', attacks: files },
];
