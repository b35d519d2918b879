import { sentences } from '../support/rest.ts';
import { toRequest } from '../support/raw-http.ts';
import type { Attack, AttackGroup } from './attack.ts';
import { customerPath, get, postForm, postGraphql, raw, urlencoded } from './requests.ts';

const customers = '/api/v1.0/customers';
const nothing = '404 There is nothing here: see /graphql and /api/v1.0.';
const noAddress = '404 not_found: There is nothing at this address.';
const noImage = '404 There is no such image.';
const badReference = `400 invalid_param_type: ${sentences.invalid('reference')}`;
const noReference = `400 missing_param: ${sentences.missing('reference')}`;
const badId = `400 invalid_param_type: ${sentences.invalid('id')}`;

const write = (path: string): Buffer => postForm('name=x', urlencoded, path);
const byReference = (reference: string): Buffer => write(`${customers}/reference/${reference}`);
const byId = (id: string): Buffer => get(`${customers}/${id}`);

const traversal: readonly Attack[] = [
  ['dots from the root', get('/../../../../etc/passwd'), nothing],
  ['escaped dots', get('/%2e%2e/%2e%2e/etc/passwd'), nothing],
  ['escaped slashes', get('/..%2f..%2f..%2fetc%2fpasswd'), nothing],
  ['dots escaped twice', get('/%252e%252e/%252e%252e/etc/passwd'), nothing],
  ['backslashes', get('/..\\..\\windows\\win.ini'), nothing],
  ['overlong UTF-8', get('/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd'), nothing],
  ['a dotfile', get('/.env'), nothing],
  ['a repository', get('/.git/config'), nothing],
  ['the database', get('/data/database/PG_VERSION'), nothing],
  ['the source', get('/package.json'), nothing],
  ['dots behind the door', get('/api/../../etc/passwd'), noAddress],
  ['dots among images', get('/a/photoCustomer/../../../etc/passwd'), nothing],
  ['escaped slashes among images', get('/a/photoCustomer/..%2f..%2f..%2fetc%2fpasswd.png'), noImage],
  ['escaped dots for the folder of images', get('/%2e%2e/photoCustomer/x.png'), noImage],
  ['dots for the folder of images', get('/../photoCustomer/x.png'), noImage],
  ['U+0000 among images', get('/a/photoCustomer/x.png%00.txt'), noImage],
  ['a backslash among images', get('/a/photoCustomer/..\\..\\x.png'), noImage],
  ['a dotfile among images', get('/a/photoCustomer/.png'), noImage],
  ['a name of 10 000 bytes among images', get(`/a/photoCustomer/${'x'.repeat(10_000)}.png`), noImage],
  ['another prefix of images', get('/a/photoCustomer/huge_x.png'), noImage],
  ['an image written', toRequest('PUT /a/photoCustomer/x.png', {}, 'x'), '405 This address answers GET, HEAD only.'],
  ['an image deleted', toRequest('DELETE /a/photoCustomer/x.png', {}), '405 This address answers GET, HEAD only.'],
];

const doors: readonly Attack[] = [
  ['the API in capitals', write('/API/v1.0/customers/reference/never'), nothing],
  ['GraphQL in capitals', toRequest('POST /GRAPHQL', {}, '{}'), nothing],
  ['GraphQL with a slash', toRequest('POST /graphql/', {}, '{}'), nothing],
  ['GraphQL with U+0000', toRequest('POST /graphql%00', {}, '{}'), nothing],
  ['GraphQL with a path behind', toRequest('POST /graphql/../api', {}, '{}'), nothing],
  ['two slashes', write('//api/v1.0/customers/reference/never'), nothing],
  ['a collection in capitals', write('/api/v1.0/Customers/reference/never'), noAddress],
  ['a collection of the prototype', get('/api/v1.0/__proto__/1'), noAddress],
  ['a collection called constructor', get('/api/v1.0/constructor/1'), noAddress],
  ['no collection', get('/api/v1.0/'), noAddress],
  ['no version', get('/api/customers/1'), noAddress],
  ['a version without digits', write('/api/v/customers/reference/never'), noAddress],
  ['a version of three numbers', write('/api/v1.0.0/customers/reference/never'), noAddress],
  ['an escaped version', write('/api/%761.0/customers/reference/never'), noAddress],
  ['one part too many', write(`${customerPath}/more`), noAddress],
  ['a session in the path', write('/api/v1.0/customers;jsessionid=1/reference/never'), noAddress],
  ['an upsert by reference of what has none', write('/api/v1.0/regions/reference/never'), noAddress],
  [
    'the address of another host',
    raw('GET http://evil.test/etc/passwd HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n'),
    nothing,
  ],
  ['a star', raw('OPTIONS * HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n'), nothing],
];

const references: readonly Attack[] = [
  ['nothing', write(`${customers}/reference`), noReference],
  ['nothing behind a slash', byReference(''), noReference],
  ['a blank', byReference('%20'), noReference],
  ['blanks of Unicode', byReference('%C2%A0%E2%80%83'), noReference],
  ['half an escape', byReference('%'), badReference],
  ['an escape of letters', byReference('%zz'), badReference],
  ['an escape of one digit', byReference('a%2'), badReference],
  ['bytes that are no UTF-8', byReference('%ff'), badReference],
  ['UTF-8 that is cut', byReference('%C3'), badReference],
  ['overlong UTF-8', byReference('%C0%AF'), badReference],
  ['a surrogate', byReference('%ED%A0%80'), badReference],
  ['a character beyond Unicode', byReference('%F5%80%80%80'), badReference],
  ['U+0000', byReference('a%00b'), badReference],
  ['a line end', byReference('a%0Ab'), badReference],
  ['a carriage return', byReference('a%0Db'), badReference],
  ['an escape character', byReference('%1B%5B2J'), badReference],
  ['U+0085', byReference('a%C2%85b'), badReference],
  ['256 characters', byReference('x'.repeat(256)), badReference],
  ['256 characters of four bytes', byReference('%F0%9F%98%80'.repeat(256)), badReference],
  ['10 000 characters', byReference('x'.repeat(10_000)), badReference],
  ['256 characters, to read', get(`${customers}/reference/${'x'.repeat(256)}`), badReference],
  ['U+0000, to read', get(`${customers}/reference/%00`), badReference],
  [
    'SQL, to read',
    get(`${customers}/reference/${encodeURIComponent("' or 1=1 --")}`),
    "404 not_found: The customer with the id ' or 1=1 -- doesn't exist.",
  ],
];

const ids: readonly Attack[] = [
  ['zero', byId('0'), badId],
  ['a negative number', byId('-1'), badId],
  ['a number with a plus', byId('+1'), badId],
  ['a fraction', byId('1.0'), badId],
  ['an exponent', byId('1e3'), badId],
  ['a hexadecimal number', byId('0x1'), badId],
  ['2^63', byId('9223372036854775808'), badId],
  ['10 000 digits', byId('9'.repeat(10_000)), badId],
  ['digits of another script', byId('%D9%A1'), badId],
  ['SQL', byId(encodeURIComponent('1; drop table customers')), badId],
  ['U+0000', byId('1%00'), badId],
  ['half an escape', byId('%'), badId],
  [
    '2^63 − 1',
    byId('9223372036854775807'),
    "404 not_found: The customer with the id 9223372036854775807 doesn't exist.",
  ],
];

const allowed = '405 method_not_allowed: This address answers GET, HEAD, POST only.';
const strange = ['PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND', 'PURGE', 'QUERY', 'MKCOL', 'LINK'];

const methods: readonly Attack[] = [
  ...strange.map(
    (method) =>
      [`${method} of a customer`, toRequest(`${method} ${customerPath}`, urlencoded, 'name=x'), allowed] as const,
  ),
  ['CONNECT', raw('CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n'), 'closed'],
  ['POST to an id', write(`${customers}/1`), '405 method_not_allowed: This address answers GET, HEAD only.'],
  [
    'DELETE of an id',
    toRequest(`DELETE ${customers}/1`, {}),
    '405 method_not_allowed: This address answers GET, HEAD only.',
  ],
  [
    'another method named by a header',
    toRequest(`PUT ${customerPath}`, { ...urlencoded, 'x-http-method-override': 'POST' }, 'name=x'),
    allowed,
  ],
  ...['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'].map(
    (method) =>
      [
        `${method} of GraphQL`,
        toRequest(`${method} /graphql`, { 'x-graphql-yoga-csrf': '1' }),
        '405 BAD_REQUEST',
      ] as const,
  ),
  [
    'a mutation by GET',
    get(
      `/graphql?query=${encodeURIComponent('mutation { upsertCustomer(input: { reference: "never", name: "x" }) { __typename } }')}`,
      { 'x-graphql-yoga-csrf': '1' },
    ),
    '405 BAD_REQUEST',
  ],
  [
    'a mutation by GET of another name',
    get(
      `/graphql?query=${encodeURIComponent('query A { __typename } mutation B { upsertCustomer(input: { reference: "never", name: "x" }) { __typename } }')}&operationName=B`,
      { 'x-graphql-yoga-csrf': '1' },
    ),
    '405 BAD_REQUEST',
  ],
  [
    'a query by GET without a preflight',
    get('/graphql?query={__typename}'),
    '403 error: Required CSRF header(s) not present',
  ],
];

const intents: readonly Attack[] = [
  [
    'a tag that is none',
    postForm('name=x', { ...urlencoded, 'if-match': 'x' }),
    `400 invalid_param_type: ${sentences.invalid('If-Match')}`,
  ],
  [
    'two tags',
    postForm('name=x', { ...urlencoded, 'if-match': '"1", "2"' }),
    `400 invalid_param_type: ${sentences.invalid('If-Match')}`,
  ],
  [
    'an open quote',
    postForm('name=x', { ...urlencoded, 'if-match': '"1' }),
    `400 invalid_param_type: ${sentences.invalid('If-Match')}`,
  ],
  [
    'a version of nothing',
    postForm('name=x', { ...urlencoded, 'if-match': '"1"' }),
    '412 conflict: The record does not exist.',
  ],
  [
    'a version beyond 32 bits',
    postForm('name=x', { ...urlencoded, 'if-match': '"9999999999"' }),
    '412 conflict: The record does not exist.',
  ],
  [
    'a weak tag',
    postForm('name=x', { ...urlencoded, 'if-match': 'W/"1"' }),
    '412 conflict: The record does not exist.',
  ],
  [
    'an update of nothing',
    postForm('name=x', { ...urlencoded, 'if-match': '*' }),
    '412 conflict: The record does not exist.',
  ],
  [
    'a creation of a version',
    postForm('name=x', { ...urlencoded, 'if-none-match': '"1"' }),
    `400 invalid_param_type: ${sentences.invalid('If-None-Match')}`,
  ],
  [
    'both at once',
    postForm('name=x', { ...urlencoded, 'if-none-match': '*', 'if-match': '*' }),
    `400 invalid_param_type: ${sentences.invalid('If-None-Match')}`,
  ],
  [
    'a trial that is no boolean',
    postForm('name=x', urlencoded, `${customerPath}?validateOnly=maybe`),
    `400 invalid_param_type: ${sentences.invalidBoolean('validateOnly')}`,
  ],
  [
    'no JSON for an operation',
    postGraphql('', { 'content-type': 'application/json', 'if-match': '*' }),
    '400 BAD_REQUEST',
  ],
];

/** Addresses, methods and what headers say of the intent. */
export const addresses: readonly AttackGroup[] = [
  { name: 'a path of', attacks: traversal },
  { name: 'a door at', attacks: doors },
  { name: 'a reference of', attacks: references },
  { name: 'an id of', attacks: ids },
  { name: 'a method:', attacks: methods },
  { name: 'an intent with', attacks: intents },
];
