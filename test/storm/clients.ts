import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What a client's writes came to. */
export type ClientRecord = {
  readonly reference: string;
  /** How many writes were acknowledged, each a change of its own, and the number the last of them wrote. */
  acknowledged: number;
  last: number;
  /** What was answered otherwise, or not at all. */
  readonly failures: string[];
  /** Milliseconds from a request to the end of its answer. */
  readonly latencies: number[];
};

/** Clients under way until they are stopped, which waits for their last answers. */
export type Clients = {
  readonly countAcknowledged: () => number;
  readonly stop: () => Promise<readonly ClientRecord[]>;
};

/** What a client sends, in pieces with a pause between them, and what its answer holds if it is done. */
type Call = {
  readonly path: string;
  readonly type: string;
  readonly pieces: readonly [string, ...string[]];
  readonly status: number;
  readonly expected: RegExp;
};

type Door = (reference: string, number: number) => Call;

/** Milliseconds between a client's requests, so that they load the machine and do not flood it. */
const thinking = 10;

const document = `mutation ($input: UpsertCustomerInput!) {
  upsertCustomer(input: $input) { ... on UpsertCustomerSuccess { outcome customer { reference creditLimit } } }
}`;

const postForm: Door = (reference, number) => ({
  path: `/api/v1.0/customers/reference/${reference}`,
  type: 'application/x-www-form-urlencoded',
  pieces: [`name=Rolling&creditLimit=${number}`],
  status: 201,
  expected: new RegExp(`"creditLimit":${number}\\b`),
});

const postGraphql: Door = (reference, number) => ({
  path: '/graphql',
  type: 'application/json',
  pieces: [
    JSON.stringify({ query: document, variables: { input: { reference, name: 'Rolling', creditLimit: number } } }),
  ],
  status: 200,
  expected: new RegExp(`"outcome":"(CREATED|UPDATED)".*"creditLimit":${number}\\b`),
});

/** The other half of its form comes so much later, in milliseconds: it is under way while gateways are told to stop. */
const longPause = 7_000;

const postFormSlowly: Door = (reference, number) => ({
  ...postForm(reference, number),
  pieces: ['name=Rolling&cred', `itLimit=${number}`],
});

/** Sends a call and throws unless it is done. */
async function send(port: number, agent: Agent, { path, type, pieces, status, expected }: Call): Promise<void> {
  const { answered, body } = await new Promise<{ answered: number | undefined; body: string }>((resolve, reject) => {
    const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
    const headers = { 'content-type': type, 'content-length': length };
    const sending = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ answered: response.statusCode, body: text })).once('error', reject);
    });
    sending.once('error', reject);
    void writePieces(sending, pieces);
  });
  if (answered !== status || !expected.test(body)) throw new Error(`${answered}: ${body.slice(0, 200)}`);
}

async function writePieces(sending: ReturnType<typeof request>, [first, ...others]: Call['pieces']): Promise<void> {
  sending.write(first);
  for (const piece of others) {
    await delay(longPause);
    sending.write(piece);
  }
  sending.end();
}

/** A client that writes one number after the other to its own customer, over a connection that it keeps. */
async function keepWriting(port: number, door: Door, record: ClientRecord, stop: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let number = 1; !stop.aborted; number += 1) {
    const begun = performance.now();
    try {
      await send(port, agent, door(record.reference, number));
      record.acknowledged += 1;
      record.last = number;
      record.latencies.push(performance.now() - begun);
    } catch (error) {
      record.failures.push(`${record.reference}, write ${number}: ${String(error)}`);
    }
    await delay(thinking);
  }
  agent.destroy();
}

/** Starts `count` clients at each door, and two whose requests take seconds. Each writes to a customer of its own. */
export function startClients(port: number, count: number): Clients {
  const stop = new AbortController();
  const doors: readonly (readonly [string, Door, number])[] = [
    ['rest', postForm, count],
    ['graphql', postGraphql, count],
    ['long', postFormSlowly, 2],
  ];
  const clients = doors.flatMap(([name, door, clientCount]) =>
    Array.from({ length: clientCount }, (_, index) => {
      const record = { reference: `${name}-${index}`, acknowledged: 0, last: 0, failures: [], latencies: [] };
      return { record, done: keepWriting(port, door, record, stop.signal) };
    }),
  );
  return {
    countAcknowledged: () => clients.reduce((sum, { record }) => sum + record.acknowledged, 0),
    stop: async () => {
      stop.abort();
      await Promise.all(clients.map(({ done }) => done));
      return clients.map(({ record }) => record);
    },
  };
}
