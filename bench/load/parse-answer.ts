export type Answer = { readonly status: number; readonly body: string };

/** The answer that the bytes hold, or undefined while some of it is still to come. */
export function parseAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const start = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const body = length === undefined ? readChunks(received, start) : readBytes(received, start, Number(length));
  return body === undefined ? undefined : { status: Number(head.slice(9, 12)), body };
}

function readBytes(received: Buffer, start: number, length: number): string | undefined {
  const end = start + length;
  return received.length < end ? undefined : received.toString('utf8', start, end);
}

function readChunks(received: Buffer, start: number): string | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (received.length < next) return undefined;
    if (size === 0) return Buffer.concat(chunks).toString();
    chunks.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
