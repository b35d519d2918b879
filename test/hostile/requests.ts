import { graphqlRequest } from '../support/gateway.ts';
import { toRequest } from '../support/raw-http.ts';

type Headers = Readonly<Record<string, string>>;

/** A record that no request of these may create. */
export const never = 'never';

export const customerPath = `/api/v1.0/customers/reference/${never}`;
export const categoryPath = `/api/v1.0/customerCategories/reference/${never}`;

export const urlencoded: Headers = { 'content-type': 'application/x-www-form-urlencoded' };
/** In this media type GraphQL over HTTP answers 400 for whatever cannot be executed. */
export const json: Headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
export const multipart: Headers = { 'content-type': 'multipart/form-data; boundary=x' };
export const csrf: Headers = { 'x-graphql-yoga-csrf': '1', accept: 'application/graphql-response+json' };

/** Bytes as they are. */
export const raw = (text: string): Buffer => Buffer.from(text, 'latin1');

export const get = (path: string, headers: Headers = {}): Buffer => toRequest(`GET ${path}`, headers);

/** A form for the customer `never`. */
export const postForm = (body: string | Uint8Array, headers: Headers = urlencoded, path = customerPath): Buffer =>
  toRequest(`POST ${path}`, headers, body);

/** A form of one parameter beside the name. */
export const postParameter = (name: string, value: string): Buffer =>
  postForm(new URLSearchParams({ name: 'x', [name]: value }).toString());

/** One part of a multipart body with the boundary `x`; `header` goes into its `Content-Disposition`. */
export function part(header: string, value: string | Uint8Array, more = ''): Buffer {
  const head = `--x\r\nContent-Disposition: form-data; ${header}\r\n${more}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')]);
}

/** Parts as a whole body. */
export const parts = (...all: readonly Uint8Array[]): Buffer => Buffer.concat([...all, Buffer.from('--x--\r\n')]);

export const namePart = part('name="name"', 'x');

export const postParts = (body: Uint8Array, headers: Headers = multipart, path = customerPath): Buffer =>
  postForm(body, headers, path);

/** A body for GraphQL, JSON unless it is bytes already. */
export function postGraphql(body: object | string | Uint8Array, headers: Headers = json): Buffer {
  const isBytes = typeof body === 'string' || body instanceof Uint8Array;
  return toRequest('POST /graphql', headers, isBytes ? body : JSON.stringify(body));
}

/** A document for GraphQL. */
export const ask = (query: string, variables: object = {}): Buffer => postGraphql({ query, variables });

const failure = '{ ... on UpsertFailure { errors { code message path } } }';

export const customerMutation = `mutation ($input: UpsertCustomerInput!) { result: upsertCustomer(input: $input) ${failure} }`;
export const categoryMutation = `mutation ($input: UpsertCustomerCategoryInput!) { result: upsertCustomerCategory(input: $input) ${failure} }`;

/** An upsert of the customer `never` with these fields. */
export const upsert = (fields: object): Buffer =>
  ask(customerMutation, { input: { reference: never, name: 'x', ...fields } });

/** An upsert of the category `never` with these fields. */
export const upsertCategory = (fields: object): Buffer =>
  ask(categoryMutation, { input: { reference: never, name: 'x', parent: { reference: 'root' }, ...fields } });

/** A request whose body a fetch client would have made. */
export async function encode(path: string, { body, headers }: RequestInit): Promise<Buffer> {
  const encoded = new Response(body ?? null, headers ? { headers } : {});
  const own = Object.fromEntries(encoded.headers);
  return toRequest(`POST ${path}`, own, Buffer.from(await encoded.arrayBuffer()));
}

/** An upsert of the customer `never` with this picture, as the multipart request specification has it. */
export const uploadLogo = (picture: Blob): Promise<Buffer> =>
  encode(
    '/graphql',
    graphqlRequest(
      customerMutation,
      { input: { reference: never, name: 'x', logo: null } },
      { 'variables.input.logo': picture },
    ),
  );
