import { texts } from '../../src/contract/errors.ts';
import type { Attack, AttackGroup, Credentials } from './attack.ts';
import { customerMutation, get, json, never, postForm, postGraphql, urlencoded } from './requests.ts';

type Headers = Readonly<Record<string, string>>;
type FromCredentials = (credentials: Credentials) => Headers;

const rest = (status: number, code: string, text: string): string => `${status} ${code}: ${text}`;
const graphql = (status: number, code: string, text: string): string => `${status} ${code.toUpperCase()}: ${text}`;

const operation = { query: customerMutation, variables: { input: { reference: never, name: 'x' } } };

/** The same caller at both doors. */
function atBothDoors(name: string, headers: FromCredentials, status: number, code: string, text: string): Attack[] {
  return [
    [
      `${name}, by a form`,
      (credentials) => postForm('name=x', { ...urlencoded, ...headers(credentials) }),
      rest(status, code, text),
    ],
    [
      `${name}, by GraphQL`,
      (credentials) => postGraphql(operation, { ...json, ...headers(credentials) }),
      graphql(status, code, text),
    ],
  ];
}

const refused = (name: string, headers: FromCredentials, text: string): Attack[] =>
  atBothDoors(name, headers, 401, 'unauthorized', text);
const forbidden = (name: string, headers: FromCredentials, text: string): Attack[] =>
  atBothDoors(name, headers, 403, 'forbidden', text);
const key =
  (value: string): FromCredentials =>
  () => ({ 'x-api-key': value });
const bearer =
  (value: string): FromCredentials =>
  () => ({ authorization: value });
/** With one character of it another. */
const mistype = (text: string): string => text.slice(0, 10) + (text[10] === 'A' ? 'B' : 'A') + text.slice(11);
/** A token whose middle says something else. */
function forge(token: string, claims: object): string {
  const [head = '', , signature = ''] = token.split('.');
  return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
}
const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"organization":"entity1","scope":"admin"}').toString('base64url')}.`;

const strangers: readonly Attack[] = [
  ...refused('nobody', () => ({}), texts.noCredential),
  ...refused('an empty key', key(''), texts.noCredential),
  ...refused('an empty token', bearer(''), texts.noCredential),
  ...refused('a user and a password', bearer('Basic YWRtaW46YWRtaW4='), texts.unknownCredential),
  ...refused('a scheme alone', bearer('Bearer'), texts.unknownCredential),
  ...refused('two tokens', bearer('Bearer a b'), texts.unknownCredential),
  ...refused('a text for a key', key('letmein'), texts.invalidToken),
  ...refused('SQL for a key', key("' or 1=1 --"), texts.invalidToken),
  ...refused('the mark of a key alone', key('cgw_'), texts.mistypedKey),
  ...refused('a key of 10 000 characters', key(`cgw_${'x'.repeat(10_000)}`), texts.mistypedKey),
  ...refused('a key with a character wrong', ({ writer }) => ({ 'x-api-key': mistype(writer) }), texts.mistypedKey),
  ...refused('a key that is cut', ({ writer }) => ({ 'x-api-key': writer.slice(0, -1) }), texts.mistypedKey),
  ...refused('a key in capitals', ({ writer }) => ({ 'x-api-key': writer.toUpperCase() }), texts.invalidToken),
  ...refused('an expired key', ({ expired }) => ({ 'x-api-key': expired }), texts.invalidKey),
  ...refused('a revoked key', ({ revoked }) => ({ 'x-api-key': revoked }), texts.invalidKey),
  ...refused(
    'two different keys',
    ({ writer, reader }) => ({ 'x-api-key': writer, authorization: `Bearer ${reader}` }),
    texts.severalCredentials,
  ),
  ...refused(
    'a good key and a bad token',
    ({ writer }) => ({ 'x-api-key': writer, authorization: 'Bearer x' }),
    texts.severalCredentials,
  ),
  ...refused('a token without a signature', bearer(`Bearer ${unsigned}`), texts.invalidToken),
  ...refused('a token that is none', bearer('Bearer a.b.c'), texts.invalidToken),
  ...refused('a token of dots', bearer('Bearer ..'), texts.invalidToken),
  ...refused(
    'a forged token',
    ({ token }) => ({ authorization: `Bearer ${forge(token, { organization: 'neighbour', scope: 'admin' })}` }),
    texts.invalidToken,
  ),
  ...refused(
    'a token that is cut',
    ({ token }) => ({ authorization: `Bearer ${token.slice(0, -4)}` }),
    texts.invalidToken,
  ),
  ...refused(
    'an expired token',
    ({ expiredToken }) => ({ authorization: `Bearer ${expiredToken}` }),
    texts.tokenExpired,
  ),
  [
    'a cookie, by GraphQL',
    ({ writer }) => postGraphql(operation, { ...json, cookie: `JSESSIONID=${writer}` }),
    graphql(401, 'unauthorized', texts.noCredential),
  ],
  [
    'the cookie of another site, by a form',
    ({ writer }) =>
      postForm('name=x', { ...urlencoded, cookie: `JSESSIONID=${writer}`, 'sec-fetch-site': 'cross-site' }),
    rest(401, 'unauthorized', texts.noCredential),
  ],
  [
    'a key in the address',
    ({ writer }) => get(`/api/v1.0/customers/1?apiKey=${writer}`),
    rest(401, 'unauthorized', texts.noCredential),
  ],
  ['nobody, to read', get('/api/v1.0/customers/1'), rest(401, 'unauthorized', texts.noCredential)],
  [
    'nobody, for a bad reference',
    get('/api/v1.0/customers/reference/%00'),
    rest(401, 'unauthorized', texts.noCredential),
  ],
  ['nobody, for a bad document', postGraphql('{', json), graphql(401, 'unauthorized', texts.noCredential)],
];

const outsiders: readonly Attack[] = [
  ...forbidden('a reader who writes', ({ reader }) => ({ 'x-api-key': reader }), texts.missingScope('write')),
  ...forbidden(
    'a key for another organization',
    ({ writer }) => ({ 'x-api-key': writer, 'x-organization': 'neighbour' }),
    texts.otherOrganization,
  ),
  ...forbidden(
    'a key for no organization',
    ({ writer }) => ({ 'x-api-key': writer, 'x-organization': '' }),
    texts.otherOrganization,
  ),
  ...forbidden(
    'a key for an organization of SQL',
    ({ writer }) => ({ 'x-api-key': writer, 'x-organization': "' or 1=1" }),
    texts.otherOrganization,
  ),
  ...forbidden(
    'a token for another organization',
    ({ token }) => ({ authorization: `Bearer ${token}`, 'x-organization': 'neighbour' }),
    texts.otherOrganization,
  ),
  [
    'a writer who reads',
    ({ writer }) => get('/api/v1.0/users/1', { 'x-api-key': writer }),
    rest(403, 'forbidden', texts.missingScope('read')),
  ],
  [
    'a writer who lists',
    ({ writer }) => postGraphql({ query: '{ customers { nodes { id } } }' }, { ...json, 'x-api-key': writer }),
    graphql(403, 'forbidden', texts.missingScope('read')),
  ],
  [
    'a writer who lists in an answer',
    ({ writer }) =>
      postGraphql(
        {
          query:
            'mutation { upsertCustomer(input: { reference: "never", name: "x" }) { ... on UpsertCustomerSuccess { customer { subCustomers { totalCount } } } } }',
        },
        { ...json, 'x-api-key': writer },
      ),
    graphql(403, 'forbidden', texts.missingScope('read')),
  ],
  [
    'a foreigner who reads a user',
    ({ foreign }) => get('/api/v1.0/users/1', { 'x-api-key': foreign }),
    "404 not_found: The user with the id 1 doesn't exist.",
  ],
  [
    'a foreigner who reads a category',
    ({ foreign }) => get('/api/v1.0/customerCategories/reference/jewelry', { 'x-api-key': foreign }),
    "404 not_found: The customer category with the id jewelry doesn't exist.",
  ],
  [
    'a foreigner who names a payment type',
    ({ foreign }) => postForm('name=x&paymentTypes=[7]', { ...urlencoded, 'x-api-key': foreign }),
    "404 not_found: The payment type with the id 7 doesn't exist.",
  ],
  [
    'a foreigner who names a category',
    ({ foreign }) =>
      postGraphql(
        {
          query: customerMutation,
          variables: { input: { reference: never, name: 'x', customerCategory: { reference: 'jewelry' } } },
        },
        { ...json, 'x-api-key': foreign },
      ),
    "200 NOT_FOUND: The customer category with the id jewelry doesn't exist.",
  ],
];

const sites: readonly Attack[] = [
  [
    'another name (DNS rebinding)',
    postForm('name=x', { ...urlencoded, host: 'evil.test' }),
    rest(403, 'forbidden', texts.otherSite),
  ],
  [
    'another name, by GraphQL',
    postGraphql(operation, { ...json, host: 'evil.test' }),
    graphql(403, 'forbidden', texts.otherSite),
  ],
  [
    'a form of another site',
    postForm('name=x', { ...urlencoded, origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }),
    rest(403, 'forbidden', texts.otherSite),
  ],
  [
    'a name below ours',
    postForm('name=x', { ...urlencoded, host: 'gateway.test.evil.test' }),
    rest(403, 'forbidden', texts.otherSite),
  ],
  [
    'an organization there is none of',
    postForm('name=x', { ...urlencoded, 'x-organization': 'nowhere' }),
    "404 not_found: The organization with the id nowhere doesn't exist.",
  ],
  [
    'an organization of no name',
    postForm('name=x', { ...urlencoded, 'x-organization': '' }),
    "404 not_found: The organization with the id  doesn't exist.",
  ],
];

/** Callers who are not who they would have to be. */
export const callers: readonly AttackGroup[] = [
  { name: 'a stranger with', attacks: strangers, at: 'guarded' },
  { name: 'a caller beyond what is allowed:', attacks: outsiders, at: 'guarded' },
  { name: 'a call by', attacks: sites },
];
