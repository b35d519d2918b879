import type { Answer } from './load/parse-answer.ts';

/** A whole HTTP request without a body. */
export function createGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** A whole HTTP request with a body. */
export function createPost(path: string, contentType: string, body: string | Uint8Array): Buffer {
  const head =
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${contentType}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return typeof body === 'string' ? Buffer.from(head + body) : Buffer.concat([Buffer.from(head), body]);
}

/** What makes requests of one GraphQL document, which is turned into JSON once: that costs as much as the rest of a request. */
export function prepareGraphql(document: string): (variables: object) => Buffer {
  const start = `{"query":${JSON.stringify(document)},"variables":`;
  return (variables) => createPost('/graphql', 'application/json', `${start}${JSON.stringify(variables)}}`);
}

/** Throws unless the answer has that status and all of these pieces; cheaper than parsing it, since the cores are shared. */
export function expectAnswer({ status, body }: Answer, expected: number, pieces: readonly string[] = []): void {
  if (status !== expected || !pieces.every((piece) => body.includes(piece))) {
    throw new Error(
      `Expected was ${expected} with ${pieces.join(', ')}, but the answer is ${status}: ${body.slice(0, 1_000)}`,
    );
  }
}
