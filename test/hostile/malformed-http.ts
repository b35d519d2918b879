import type { Attack, AttackGroup } from './attack.ts';
import { customerPath, raw } from './requests.ts';

const close = 'Connection: close\r\n';
const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
const post = `POST ${customerPath} HTTP/1.1\r\nHost: gateway.test\r\n${close}${form}`;
/** What is hidden in another request. */
const hidden = `POST ${customerPath} HTTP/1.1\r\nHost: gateway.test\r\n${close}${form}Content-Length: 6\r\n\r\nname=x`;

const get = (headers: string): Buffer => raw(`GET /api/v1.0/users/1 HTTP/1.1\r\n${headers}${close}\r\n`);
const withHeader = (line: string): Buffer => get(`Host: gateway.test\r\n${line}\r\n`);
const withHost = (host: string): Buffer => get(`Host: ${host}\r\n`);
const withLength = (length: string): Buffer => raw(`${post}Content-Length: ${length}\r\n\r\nname=x`);
const withCoding = (lines: string, body = '6\r\nname=x\r\n0\r\n\r\n'): Buffer => raw(`${post}${lines}\r\n\r\n${body}`);
const inChunks = (body: string): Buffer => withCoding('Transfer-Encoding: chunked', body);

const badHost = '400 invalid_param_type: The type of parameter Host you provided is not valid for this request.';

const lines: readonly Attack[] = [
  ['a method there is none of', raw('BREW / HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['a method in lower case', raw('get / HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['a request line without a target', raw('GET\r\n\r\n'), '400'],
  ['a version there is none of', raw('GET / HTTP/9.9\r\nHost: a\r\n\r\n'), '400'],
  ['a version that is no number', raw('GET / HTTP/x.y\r\nHost: a\r\n\r\n'), '400'],
  ['another protocol', raw('GET / ICE/1.0\r\nHost: a\r\n\r\n'), '400'],
  ['the preface of HTTP/2', raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), '400'],
  ['a TLS handshake', raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'), '400'],
  ['a blank in the target', raw('GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['U+0000 in the target', raw('GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['a line end in the target', raw('GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['a target that is no path', raw('GET graphql HTTP/1.1\r\nHost: a\r\n\r\n'), '400'],
  ['a target of 20 000 bytes', raw(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`), '431'],
  ['noise', raw('\xff\xfe\xfd\xfc'.repeat(64)), '400'],
];

const headers: readonly Attack[] = [
  ['a header without a colon', withHeader('NoColon'), '400'],
  ['a header without a name', withHeader(': x'), '400'],
  ['a blank before the colon', withHeader('X-A : x'), '400'],
  ['a blank in the name', withHeader('X A: x'), '400'],
  ['brackets in the name', withHeader('X[a]: x'), '400'],
  ['a name that is not ASCII', withHeader('X-\xe9: x'), '400'],
  ['U+0000 in the name', withHeader('X\0: x'), '400'],
  ['U+0000 in the value', withHeader('X-A: \0'), '400'],
  ['a carriage return in the value', withHeader('X-A: a\rX-B: b'), '400'],
  ['a folded line', withHeader('X-A: a\r\n b'), '400'],
  ['a value of 20 000 bytes', withHeader(`X-A: ${'x'.repeat(20_000)}`), '431'],
  ['5 000 headers', withHeader('X-A: x\r\n'.repeat(5_000).trimEnd()), '431'],
  ['20 000 bytes of cookies', withHeader(`Cookie: ${'a=b; '.repeat(4_000)}`), '431'],
  ['an expectation there is none of', raw(`${post}Expect: a-miracle\r\nContent-Length: 6\r\n\r\nname=x`), '417'],
];

const hosts: readonly Attack[] = [
  ['no host', get(''), '400'],
  ['two hosts', get('Host: gateway.test\r\nHost: evil.test\r\n'), badHost],
  ['the same host twice', get('Host: gateway.test\r\nhost: gateway.test\r\n'), badHost],
  ['an empty host', withHost(''), badHost],
  ['a host with a blank', withHost('a b'), badHost],
  ['a host with angle brackets', withHost('<script>'), badHost],
  ['half an IPv6 address', withHost('[::'), badHost],
  ['a port there is none of', withHost('localhost:99999'), badHost],
  ['a port that is no number', withHost('localhost:x'), badHost],
  ['a host with a percent', withHost('%zz'), badHost],
];

const lengths: readonly Attack[] = [
  ['no number', withLength('abc'), '400'],
  ['nothing', withLength(''), '400'],
  ['a negative number', withLength('-6'), '400'],
  ['a number with a plus', withLength('+6'), '400'],
  ['a hexadecimal number', withLength('0x6'), '400'],
  ['a fraction', withLength('6.0'), '400'],
  ['an exponent', withLength('6e0'), '400'],
  ['two numbers', withLength('6 6'), '400'],
  ['a list', withLength('6, 6'), '400'],
  ['more than any integer', withLength('99999999999999999999999'), '400'],
  ['two of them', raw(`${post}Content-Length: 6\r\nContent-Length: 0\r\n\r\nname=x`), '400'],
  ['the same twice', raw(`${post}Content-Length: 6\r\nContent-Length: 6\r\n\r\nname=x`), '400'],
  ['more than comes', raw(`${post}Content-Length: 60\r\n\r\nname=x`), '400'],
];

const chunks: readonly Attack[] = [
  ['no length', inChunks('xyz\r\nname=x\r\n0\r\n\r\n'), '400'],
  ['a negative length', inChunks('-6\r\nname=x\r\n0\r\n\r\n'), '400'],
  ['0x before the length', inChunks('0x6\r\nname=x\r\n0\r\n\r\n'), '400'],
  ['a length beyond 64 bits', inChunks('fffffffffffffffff\r\nname=x\r\n0\r\n\r\n'), '400'],
  ['more bytes than they say', inChunks('2\r\nname=x\r\n0\r\n\r\n'), '400'],
  ['no line end behind them', inChunks('6\r\nname=x0\r\n\r\n'), '400'],
  ['a bare line feed behind the length', inChunks('6\nname=x\r\n0\r\n\r\n'), '400'],
  ['a bare line feed behind the chunk', inChunks('6\r\nname=x\n0\r\n\r\n'), '400'],
  ['20 000 bytes of extensions', inChunks(`6;${'x'.repeat(20_000)}\r\nname=x\r\n0\r\n\r\n`), '413'],
  ['no end', inChunks('6\r\nname=x\r\n'), '400'],
  ['an end without its line', inChunks('6\r\nname=x\r\n0\r\n'), '400'],
  ['a trailer of 20 000 bytes', inChunks(`6\r\nname=x\r\n0\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`), '431'],
];

const smuggling: readonly Attack[] = [
  ['a length and chunks', withCoding('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`), '400'],
  ['chunks and a length', withCoding('Transfer-Encoding: chunked\r\nContent-Length: 6', `0\r\n\r\n${hidden}`), '400'],
  ['chunks behind a blank', withCoding('Transfer-Encoding : chunked', `0\r\n\r\n${hidden}`), '400'],
  ['chunks misspelled', withCoding('Transfer-Encoding: xchunked'), '400'],
  ['chunks in quotes', withCoding('Transfer-Encoding: "chunked"'), '400'],
  ['chunks and then something', withCoding('Transfer-Encoding: chunked, identity'), '400'],
  ['no coding', withCoding('Transfer-Encoding: identity'), '400'],
  ['gzip alone', withCoding('Transfer-Encoding: gzip'), '400'],
  ['chunks with a vertical tab', withCoding('Transfer-Encoding: \x0bchunked'), '400'],
  ['chunks on a folded line', withCoding('Transfer-Encoding:\r\n chunked\r\nContent-Length: 6'), '400'],
  ['a coding hidden in a value', withCoding('X-A: a\rTransfer-Encoding: chunked'), '400'],
  ['a length hidden by U+0000', withCoding('Content-Length: 6\0'), '400'],
  [
    'chunks in HTTP/1.0 with a length',
    raw(hidden.replace('1.1', '1.0').replace('Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length')),
    '400',
  ],
  [
    'a request behind one that closes',
    raw(`GET /nowhere HTTP/1.1\r\nHost: gateway.test\r\n${close}\r\n${hidden}`),
    '400',
  ],
];

/** What is no HTTP, or HTTP that two servers in a row could read differently: Node refuses it before there is a request. */
export const malformedHttp: readonly AttackGroup[] = [
  { name: 'a request line with', attacks: lines, then: 'end' },
  { name: 'a head with', attacks: headers, then: 'end' },
  { name: 'a request for', attacks: hosts },
  { name: 'a body whose length is', attacks: lengths, then: 'end' },
  { name: 'a body in chunks with', attacks: chunks, then: 'end' },
  { name: 'a request smuggled by', attacks: smuggling, then: 'end' },
];
