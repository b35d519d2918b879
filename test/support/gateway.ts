import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Actor } from '../../src/actor.ts';
import { type App, composeServer } from '../../src/app.ts';
import type { AuthConfig } from '../../src/config/auth.ts';
import type { RateConfig } from '../../src/config/rate.ts';
import { createLocalSignal } from '../../src/db/change-signal.ts';
import { type Exposure, everythingExposed } from '../../src/config/exposure.ts';
import type { OpenDatabase } from '../../src/db/client.ts';
import type { PersistedOperations } from '../../src/graphql/persisted-operations.ts';
import type { CorsOrigins } from '../../src/http/cors.ts';
import { type ImageRendererOptions, createImageRenderer } from '../../src/images/render.ts';
import { parseOrganizationFile } from '../../src/provision-file.ts';
import type { Patience, UpsertDeps } from '../../src/services/deps.ts';
import { listOrganizations } from '../../src/services/organizations.ts';
import { provision } from '../../src/services/provisioning.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { createDiskStore } from '../../src/storage/disk.ts';
import { listKeys } from './blobs.ts';
import { openTestDatabase } from './database.ts';
import { type Listening, listen } from './raw-http.ts';

/** The base of every address that the tests' gateway answers. */
export const publicUrl = 'http://gateway.test';

/** Lets everybody call who reaches the gateway. */
export const anybody: AuthConfig = { kind: 'off' };

/** What came back from the REST door. */
export type RestAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
};

/** What came back from the GraphQL door. */
export type GraphAnswer = {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
};

export type FormFields =
  Readonly<Record<string, string | Blob | readonly string[]>> | readonly (readonly [string, string])[];

function listFields(fields: FormFields): (readonly [string, string | Blob])[] {
  const entries: readonly (readonly [string, string | Blob | readonly string[]])[] = Array.isArray(fields)
    ? fields
    : Object.entries(fields);
  return entries.flatMap(([name, value]) =>
    typeof value === 'string' || value instanceof Blob
      ? [[name, value] as const]
      : value.map((each) => [name, each] as const),
  );
}

/** The fields as an urlencoded body, or as multipart where one of them is a file. */
export function encodeForm(fields: FormFields): URLSearchParams | FormData {
  const entries = listFields(fields);
  const texts = entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  if (texts.length === entries.length) return new URLSearchParams(texts);
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  return form;
}

/** A gateway over a database of its own with the example organization, on a port of its own. */
export type TestGateway = AsyncDisposable & {
  readonly database: OpenDatabase;
  /** What the gateway's services work with, for calling them directly. */
  readonly deps: UpsertDeps;
  /** A caller of the example organization, without a user of its own. */
  readonly actor: Actor;
  readonly server: App['server'];
  /** Puts another server on a port for as long as the gateway is open. */
  readonly open: (server: App['server']) => Promise<Listening['fetch']>;
  readonly fetch: (address: string, init?: RequestInit) => Promise<Response>;
  readonly rest: (address: string, init?: RequestInit) => Promise<RestAnswer>;
  readonly postCustomer: (reference: string, fields: FormFields) => Promise<RestAnswer>;
  readonly postCategory: (reference: string, fields: FormFields) => Promise<RestAnswer>;
  readonly graphql: (
    query: string,
    variables?: Record<string, unknown>,
    files?: Record<string, Blob>,
  ) => Promise<GraphAnswer>;
  /** Where image files are, unless they are in a store of the test's. */
  readonly imageFolder: string;
  /** The keys of all stored image files, in order. */
  readonly imageFiles: () => Promise<readonly string[]>;
  /** Provisions a further organization from YAML. */
  readonly provision: (yaml: string) => Promise<void>;
};

/** What a test's gateway may have other than usual. */
export type GatewayOptions = {
  readonly now?: () => Date;
  readonly images?: ImageRendererOptions;
  /** Where images are kept instead of a folder of the gateway's own. */
  readonly blobs?: BlobStore;
  /** Hears of what went wrong behind an answer. */
  readonly report?: (failure: unknown) => void;
  /** Puts something in front of the store. */
  readonly wrapBlobs?: (store: BlobStore) => BlobStore;
  readonly persistedOperations?: PersistedOperations;
  /** What it shows of itself; everything unless told. */
  readonly exposure?: Exposure;
  /** Whose pages may call; none unless told. */
  readonly corsOrigins?: CorsOrigins;
  /** What addresses in answers begin with. */
  readonly publicUrl?: string;
  /** Who may call; anybody unless told. */
  readonly auth?: AuthConfig;
  /** How often callers may call; as often as they like unless told. */
  readonly rate?: RateConfig;
  /** How many connections it has to a server. */
  readonly poolSize?: number;
  /** How long calls go round again. */
  readonly patience?: Patience;
};

/** Opens a gateway; `files` of a GraphQL call are put at the dotted paths that name them, as `variables.input.logo`. */
export async function openTestGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const database = await openTestDatabase(options.poolSize);
  const directory = await mkdtemp(path.join(tmpdir(), 'customer-gateway-images-'));
  const { now = () => new Date(), images, wrapBlobs = (store: BlobStore) => store } = options;
  const deps: UpsertDeps = {
    db: database.db,
    blobs: wrapBlobs(options.blobs ?? createDiskStore(directory)),
    images: createImageRenderer(images),
    now,
    signal: createLocalSignal(),
    ...(options.report && { report: options.report }),
    patience: options.patience,
  };
  const { auth = anybody, rate, exposure = everythingExposed, corsOrigins = [], persistedOperations } = options;
  const address = options.publicUrl ?? publicUrl;
  const server = composeServer({
    ...deps,
    auth,
    ...(rate && { rate }),
    publicUrl: address,
    exposure,
    corsOrigins,
    persistedOperations,
  });
  const provisionText = async (yaml: string): Promise<void> => {
    await provision(database.db, parseOrganizationFile(yaml, 'test.yaml'), now());
  };
  await provisionText(await readFile('examples/entity1.yaml', 'utf8'));
  const [organization] = await listOrganizations(database.db);
  if (!organization) throw new Error('The example organization was not provisioned.');

  const doors: Listening[] = [];
  const open = async (each: App['server']): Promise<Listening['fetch']> => {
    const door = await listen({ server: each });
    doors.push(door);
    return door.fetch;
  };
  const fetchPath = await open(server);
  const fetch = (address: string, init?: RequestInit) => fetchPath(address.replace(publicUrl, ''), init);
  const rest = async (address: string, init?: RequestInit): Promise<RestAnswer> => {
    const { status, headers, ...response } = await readResponse(await fetch(address, init));
    return { status, headers, ...response };
  };
  const post = (collection: string) => (reference: string, fields: FormFields) =>
    rest(`/api/v1.0/${collection}/reference/${encodeURIComponent(reference)}`, {
      method: 'POST',
      body: encodeForm(fields),
    });

  return {
    database,
    deps,
    actor: { organization, userId: null },
    server,
    open,
    fetch,
    rest,
    postCustomer: post('customers'),
    postCategory: post('customerCategories'),
    graphql: async (query, variables = {}, files = {}) => {
      const response = await fetch('/graphql', graphqlRequest(query, variables, files));
      return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
    },
    imageFolder: directory,
    imageFiles: async () => {
      if (options.blobs) return await listKeys(options.blobs);
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
        .sort();
    },
    provision: provisionText,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(doors.map((door) => door[Symbol.asyncDispose]()));
      await database[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An answer as the REST door gives it. */
export async function readResponse(response: Response): Promise<RestAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, body };
}

/** A GraphQL request: JSON, or multipart where files go with it. */
export function graphqlRequest(
  query: string,
  variables: Record<string, unknown>,
  files: Record<string, Blob> = {},
): RequestInit {
  const operations = JSON.stringify({ query, variables });
  if (Object.keys(files).length === 0) {
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body: operations };
  }
  const form = new FormData();
  const entries = Object.entries(files);
  form.append('operations', operations);
  form.append('map', JSON.stringify(Object.fromEntries(entries.map(([place], index) => [String(index), [place]]))));
  for (const [index, [, file]] of entries.entries()) form.append(String(index), file);
  return { method: 'POST', headers: { 'x-graphql-yoga-csrf': '1' }, body: form };
}
