import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../src/contract/errors.ts';
import { limits } from '../src/contract/limits.ts';
import { createKey, keysOnly, neighbour } from './support/callers.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { type Listening, type RawAnswer, headerValues, listen, sendRaw, toRequest } from './support/raw-http.ts';

const { organizationBytes, smallBytes } = limits.connections.bodies;

let gateway: TestGateway;
let listening: Listening;
let key: string;
let otherKey: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = await openTestGateway({ auth: keysOnly });
  await gateway.provision(neighbour);
  listening = await listen(gateway);
  key = await createKey(gateway);
  otherKey = await createKey(gateway, { organization: 'neighbour' });
});

function letGo(): void {
  for (const socket of sockets.splice(0)) socket.destroy();
}

afterEach(letGo);

afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

const json = 'application/json';
const multipart = 'multipart/form-data; boundary=x';

/** Begins requests that promise as much as an organization may send, and one more, which is refused once they are held. */
async function fillShare(): Promise<void> {
  const bytes = limits.graphql.operationBytes;
  for (let held = 0; held <= organizationBytes; held += bytes) {
    const socket = connect({ port: listening.port, host: '127.0.0.1' }).on('error', () => undefined);
    const headers = { 'x-api-key': key, 'content-type': json, 'content-length': String(bytes) };
    socket.write(toRequest('POST /graphql', headers, '{"query":"{__typename'));
    sockets.push(socket);
  }
  await Promise.race(sockets.map((socket) => once(socket, 'data')));
}

const mutation = `mutation($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome } ... on UpsertFailure { errors { message } } }
}`;

function toOperation(reference: string, padding = 0): string {
  const input = { reference, name: 'N', customerCategory: { reference: 'jewelry' } };
  return JSON.stringify({ query: mutation, variables: { input } }) + ' '.repeat(padding);
}

function toUpload(reference: string): string {
  const part = (disposition: string, body: string) =>
    `--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;
  const variables = { input: { reference, name: 'N', customerCategory: { reference: 'jewelry' }, logo: null } };
  const operations = part('name="operations"', JSON.stringify({ query: mutation, variables }));
  const map = part('name="map"', '{"0":["variables.input.logo"]}');
  return `${operations}${map}${part('name="0"; filename="a.png"', 'p'.repeat(2 * smallBytes))}--x--\r\n`;
}

function toForm(padding: number): string {
  return `name=N&categoryId=jewelry&unknown=${'u'.repeat(padding)}`;
}

function send(
  line: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer | undefined> {
  const all = { 'x-api-key': key, 'content-type': json, 'x-graphql-yoga-csrf': '1', ...headers };
  return sendRaw(listening.port, toRequest(line, all, body));
}

const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };

/** Requests with large bodies, by the ways in which bodies are read. */
const large: Readonly<Record<string, (reference: string) => Promise<RawAnswer | undefined>>> = {
  'an operation': (reference) => send('POST /graphql', toOperation(reference, smallBytes)),
  'an operation in a form': (reference) => {
    const query = `mutation { upsertCustomer(input: { reference: "${reference}", name: "N" }) { __typename } }`;
    return send('POST /graphql', new URLSearchParams({ query, more: 'm'.repeat(smallBytes) }).toString(), urlencoded);
  },
  'an operation of undeclared length': (reference) => {
    const body = toOperation(reference, smallBytes);
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    return send('POST /graphql', chunked, { 'transfer-encoding': 'chunked' });
  },
  'an upload': (reference) => send('POST /graphql', toUpload(reference), { 'content-type': multipart }),
  'a form': (reference) => send(`POST /api/v1.0/customers/reference/${reference}`, toForm(smallBytes), urlencoded),
};

async function findReferences(prefix: string): Promise<readonly string[]> {
  const rows = await gateway.deps.db
    .selectFrom('customers')
    .select('reference')
    .where('reference', 'like', `${prefix}%`)
    .execute();
  return rows.map(({ reference }) => reference);
}

/** A request that lasts: nothing of it is said until something changes. */
function subscribeSlowly(padding: number): Buffer {
  const body = JSON.stringify({ query: 'subscription { customerChanged { reference } }' }) + ' '.repeat(padding);
  const headers = { 'x-api-key': key, 'content-type': json, accept: 'text/event-stream', connection: 'keep-alive' };
  return toRequest('POST /graphql', headers, body);
}

describe('an organization that sends as much as it may', () => {
  it.each(Object.entries(large))(
    'gets a 503 for %s, and nothing is done, until there is room again',
    async (name, ask) => {
      const reference = name.replaceAll(' ', '-');
      await fillShare();
      const answer = await ask(`refused-${reference}`);
      expect(answer?.status).toBe(503);
      expect(answer && headerValues(answer, 'retry-after')).toEqual(['1']);
      expect(answer?.body.toString()).toContain(texts.tooMuchSent);
      expect(await findReferences('refused-')).toEqual([]);
      letGo();
      await expect.poll(async () => (await ask(`room-${reference}`))?.status).not.toBe(503);
    },
  );

  it('goes on with small requests at both doors, and others with large ones', async () => {
    await fillShare();
    expect((await send('POST /graphql', toOperation('small')))?.body.toString()).toContain('"outcome":"CREATED"');
    const form = await send('POST /api/v1.0/customers/reference/small', toForm(0), urlencoded);
    expect(form?.status).toBe(201);
    expect(await findReferences('small')).toEqual(['small']);
    const others = await send('POST /api/v1.0/customers/reference/large', toForm(smallBytes), {
      ...urlencoded,
      'x-api-key': otherKey,
    });
    expect([others?.status, others?.body.toString()]).toEqual([404, expect.stringContaining('jewelry')]);
  });
});

describe('what an organization sends counts no more', () => {
  const promise = () =>
    toRequest('POST /graphql', {
      'x-api-key': key,
      'content-type': json,
      'content-length': String(limits.graphql.operationBytes),
      connection: 'keep-alive',
    });
  const expectRoom = async (reference: string) => {
    await expect.poll(async () => (await large['an operation']?.(reference))?.status).toBe(200);
  };

  it('once a connection has gone on which it waited behind another request', async () => {
    for (let held = 0; held <= organizationBytes; held += limits.graphql.operationBytes) {
      const socket = connect({ port: listening.port, host: '127.0.0.1' }).on('error', () => undefined);
      socket.write(Buffer.concat([subscribeSlowly(0), promise()]));
      sockets.push(socket);
    }
    // Of those that wait for their turn to answer nothing is seen but that there is no room for more.
    await expect.poll(async () => (await large['an operation']?.('behind'))?.status).toBe(503);
    letGo();
    await expectRoom('behind');
  });

  it('while it listens to changes', async () => {
    for (let held = 0; held <= organizationBytes; held += limits.graphql.operationBytes) {
      const socket = connect({ port: listening.port, host: '127.0.0.1' }).on('error', () => undefined);
      socket.write(subscribeSlowly(limits.graphql.operationBytes - 1_000));
      sockets.push(socket);
      await once(socket, 'data');
    }
    await expectRoom('listening');
  });

  it('beyond what it is, where its length is not declared', async () => {
    const socket = () => connect({ port: listening.port, host: '127.0.0.1' }).on('error', () => undefined);
    for (let held = 0; held < 2 * organizationBytes; held += limits.graphql.operationBytes) {
      const headers = { 'x-api-key': key, 'content-type': json, 'transfer-encoding': 'chunked' };
      const begun = socket();
      begun.write(toRequest('POST /graphql', headers, '1\r\n{\r\n'));
      sockets.push(begun);
    }
    await expectRoom('undeclared');
  });
});
