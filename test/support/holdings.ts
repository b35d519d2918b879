import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { z } from 'zod';
import { runCommand } from './cli.ts';
import { type FormFields, type GraphAnswer, encodeForm, graphqlRequest } from './gateway.ts';
import { makePicture, toFile } from './pictures.ts';
import { startServed } from './served.ts';

type Environment = Readonly<Record<string, string>>;

const exampleFile = fileURLToPath(new URL('../../examples/entity1.yaml', import.meta.url));

/** A caller of a gateway that listens somewhere. */
export type Caller = {
  readonly graphql: (query: string, variables?: Record<string, unknown>) => Promise<GraphAnswer>;
  /** The status that the REST door answers an upsert with. */
  readonly post: (collection: string, reference: string, fields: FormFields) => Promise<number>;
  /** The bytes below an address; undefined where there is nothing. */
  readonly download: (path: string) => Promise<Uint8Array | undefined>;
};

/** A gateway of its own settings, called with one API key. */
export type Called = { readonly address: string; readonly caller: Caller; readonly stop: () => Promise<void> };

/** Provisions the example organization and answers a new API key of it that may read and write. */
export async function createKey(env: Environment): Promise<string> {
  expect((await runCommand(['provision', exampleFile], { env })).code).toBe(0);
  const create = ['keys', 'create', '--organization', 'entity1', '--name', 'ERP', '--scope', 'read,write'];
  return (await runCommand(create, { env })).out.trim();
}

/** Provisions another organization like the example, whose records no caller of it may see. */
export async function provisionNeighbour(env: Environment): Promise<void> {
  const input = (await readFile(exampleFile, 'utf8')).replace('name: entity1', 'name: neighbour');
  expect((await runCommand(['provision', '-'], { env, input })).code).toBe(0);
}

/** Expects a database that `migrate` and `provision` find to be as they would make it. */
export async function expectNothingToBring(env: Environment): Promise<void> {
  expect(await runCommand(['migrate'], { env })).toEqual({ code: 0, out: 'The database is up to date.\n', err: '' });
  const { out } = await runCommand(['provision', exampleFile], { env });
  expect(out).toMatch(/^Organization "entity1" unchanged: /);
}

/** Serves a storage with API keys on. */
export async function startCalled(env: Environment, key: string): Promise<Called> {
  const { address, stop } = await startServed({ ...env, AUTH: 'keys' });
  return { address, caller: createCaller(address, key), stop };
}

/** Upserts a record with a new picture. */
export async function putPicture(
  { post }: Caller,
  collection: 'customers' | 'customerCategories',
  reference: string,
): Promise<void> {
  const file = toFile(await makePicture({ width: 600, height: 500 }));
  const fields = collection === 'customers' ? { imageFile: file } : { image: file, parentId: 'root' };
  expect(await post(collection, reference, { name: reference, ...fields })).toBe(201);
}

function createCaller(address: string, key: string): Caller {
  const send = (where: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('x-api-key', key);
    return fetch(address + where, { ...init, headers });
  };
  return {
    graphql: async (query, variables = {}) => {
      const response = await send('/graphql', graphqlRequest(query, variables));
      return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
    },
    post: async (collection, reference, fields) => {
      const init = { method: 'POST', body: encodeForm(fields) };
      const response = await send(`/api/v1.0/${collection}/reference/${reference}`, init);
      await response.arrayBuffer();
      return response.status;
    },
    download: async (where) => {
      const response = await send(where);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.status === 200 ? bytes : undefined;
    },
  };
}

const image = z.object({ original: z.url(), small: z.url(), medium: z.url() });
const record = z.object({ id: z.string(), reference: z.string(), name: z.string(), version: z.int() });
const page = z.object({
  customers: z.object({
    nodes: z.array(record.extend({ logo: image.nullable(), city: z.string().nullable(), lastUpdated: z.string() })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
  customerCategories: z.object({ nodes: z.array(record.extend({ image: image.nullable() })) }),
});
type Page = z.infer<typeof page>;

const pageQuery = `query ($after: String) {
  customers(first: 250, after: $after) {
    nodes { id reference name version city lastUpdated logo { original small medium } }
    pageInfo { hasNextPage endCursor }
  }
  customerCategories(first: 250) { nodes { id reference name version image { original small medium } } }
}`;

/** All that an organization holds: its records, and what is below the address of each rendition of their pictures. */
export type Holdings = {
  readonly customers: Page['customers']['nodes'];
  readonly categories: Page['customerCategories']['nodes'];
  /** The bytes' SHA-256 by the path, undefined where nothing is there. */
  readonly pictures: ReadonlyMap<string, string | undefined>;
};

async function readRecords({ address, caller }: Pick<Called, 'address' | 'caller'>) {
  const customers: Page['customers']['nodes'] = [];
  for (let after: string | null = null; ;) {
    const { data } = await caller.graphql(pageQuery, { after });
    const read = page.parse(JSON.parse(JSON.stringify(data).replaceAll(address, 'http://gateway.test')));
    customers.push(...read.customers.nodes);
    const { hasNextPage, endCursor } = read.customers.pageInfo;
    if (!hasNextPage) return { customers, categories: read.customerCategories.nodes };
    after = endCursor;
  }
}

/** Reads everything through a gateway, as a client does; the gateway's own address is left out of what is told. */
export async function readHoldings({ address, caller }: Called): Promise<Holdings> {
  const { customers, categories } = await readRecords({ address, caller });
  const images = [...customers.map(({ logo }) => logo), ...categories.map((category) => category.image)];
  const paths = images.flatMap((each) => (each ? [each.original, each.small, each.medium] : []));
  const pictures = new Map<string, string | undefined>();
  for (const path of paths.map((each) => new URL(each).pathname)) pictures.set(path, await hash(caller, path));
  return { customers, categories, pictures };
}

async function hash(caller: Caller, path: string): Promise<string | undefined> {
  const bytes = await caller.download(path);
  return bytes && createHash('sha256').update(bytes).digest('hex');
}
