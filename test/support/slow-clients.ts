import { type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What became of a slow client. */
export type SlowEnd = {
  readonly kind: SlowKind;
  /** From the connection's beginning until the server had closed it. */
  readonly milliseconds: number;
  /** The status line that came back; empty also where a byte that met a closed connection took it along. */
  readonly status: string;
  /** Whether all came that a reader asked for. */
  readonly isAnswered: boolean;
};

export type SlowOptions = {
  readonly port: number;
  /** Between two bytes that it sends, in milliseconds. */
  readonly pace: number;
  /** How long a slow reader reads nothing, in milliseconds. */
  readonly readAfter: number;
  /** The reference of the customer that it would write to. */
  readonly reference: string;
  /** The path of a picture of a megabyte or so, which a reader asks for. */
  readonly picture: string;
};

/** All of a request that is sent at once; the rest never ends. */
type SlowStart = (reference: string, picture: string) => string;

const post = (path: string, type: string, framing: string) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n`;

const formPath = (reference: string) => `/api/v1.0/customers/reference/${reference}`;
const length = 'Content-Length: 100000';
const multipart = 'multipart/form-data; boundary=slow';
const filePart = (name: string) =>
  `--slow\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`;
const mutation = (reference: string) =>
  `{"query":"mutation { upsertCustomer(input: {reference: \\"${reference}\\", name: \\"Slow`;
const operations = (reference: string) =>
  [
    '--slow\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query":"mutation ($logo: Upload) {',
    ` upsertCustomer(input: {reference: \\"${reference}\\", name: \\"Slow\\", logo: $logo}) { __typename } }",`,
    '"variables":{"logo":null}}\r\n--slow\r\nContent-Disposition: form-data; name="map"\r\n\r\n',
    '{"0":["variables.logo"]}\r\n',
  ].join('');
const guard = 'x-graphql-yoga-csrf: 1\r\n';

/** So many pictures are asked for on one connection: more than what lies between two processes holds. */
const pictures = 12;

const starts = {
  silence: () => '',
  headers: (reference) => `POST ${formPath(reference)} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: `,
  form: (reference) => `${post(formPath(reference), 'application/x-www-form-urlencoded', length)}name=`,
  'form in chunks': (reference) =>
    `${post(formPath(reference), 'application/x-www-form-urlencoded', 'Transfer-Encoding: chunked')}5000\r\nname=`,
  'form with a picture': (reference) => post(formPath(reference), multipart, length) + filePart('imageFile'),
  operation: (reference) => post('/graphql', 'application/json', length) + mutation(reference),
  'operation in chunks': (reference) =>
    `${post('/graphql', 'application/json', 'Transfer-Encoding: chunked')}5000\r\n${mutation(reference)}`,
  'operation with a picture': (reference) =>
    post('/graphql', multipart, guard + length) + operations(reference) + filePart('0'),
  reader: (_, picture) => `GET ${picture} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(pictures),
} satisfies Record<string, SlowStart>;

/** `reader` sends its request at once and reads its answer late; all others never end what they send. */
export type SlowKind = keyof typeof starts;

export const slowKinds: readonly SlowKind[] = [
  'silence',
  'headers',
  'form',
  'form in chunks',
  'form with a picture',
  'operation',
  'operation in chunks',
  'operation with a picture',
  'reader',
];

/** Sends a byte now and then until the connection is gone. */
async function trickle(socket: Socket, pace: number): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    await delay(pace);
    socket.write('a');
  }
}

/** Whether the bytes are all the pictures that a reader asked for. */
function hasAll(received: Buffer): boolean {
  const declared = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, 2_000))?.[1];
  return declared !== undefined && received.length > pictures * Number(declared);
}

/** Is a slow client until the server closes the connection. */
export async function beSlow(
  kind: SlowKind,
  { port, pace, readAfter, reference, picture }: SlowOptions,
): Promise<SlowEnd> {
  const begun = performance.now();
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(starts[kind](reference, picture));
  if (kind === 'reader') await delay(readAfter);
  else if (kind !== 'silence') void trickle(socket, pace);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await closed;
  const received = Buffer.concat(chunks);
  return {
    kind,
    milliseconds: performance.now() - begun,
    status: received.toString('latin1', 0, Math.max(received.indexOf('\r\n'), 0)),
    isAnswered: hasAll(received),
  };
}
