import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import {
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer,
  request as sendRequest,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from '@20minutes/s3rver';
import type { S3Keys, S3Settings } from '../../src/storage/s3-client.ts';

export const bucket = 'images';
/** Frozen as the settings are. */
export const s3Keys: S3Keys = Object.freeze({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' });

/** A request on its way to the server, its body complete. */
export type S3Call = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/**
 * What becomes of a call in place of going to the server: an error is answered, `hang up` breaks the connection, `lose the
 * answer` does so after the server has done it, `hang` answers never.
 */
export type S3Fault = { readonly status: number; readonly code: string } | 'hang up' | 'lose the answer' | 'hang';

export type S3Server = AsyncDisposable & {
  readonly endpoint: string;
  readonly port: number;
  readonly settings: S3Settings;
  /** Where the files are: a folder for each bucket. */
  readonly folder: string;
  /** The calls since it was emptied last. */
  readonly calls: S3Call[];
  readonly openConnections: () => Promise<number>;
  /** Decides on each call; undefined lets it through. */
  fault: (call: S3Call) => S3Fault | undefined;
  /** How many files a page of a listing has at most. */
  pageSize: number;
  /** Whether `If-None-Match: *` is obeyed; other stores overwrite, or say that they don't know it (501). */
  conditionalWrites: 'obeyed' | 'ignored' | 'refused';
};

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

function answerError(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}!</Message></Error>`);
}

/** The whole body; undefined when the sender goes away before. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function isListing(path: string): boolean {
  return /^\/[^/]+\/?(\?|$)/.test(path);
}

/** Passes a call on; the host stays, since the signature covers it. */
async function forward(port: number, { method, path: to, headers, body }: S3Call): Promise<IncomingMessage> {
  const outgoing = sendRequest({ port, host: '127.0.0.1', method, path: to, headers, agent: false });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

/**
 * Answers a page of a listing. s3rver, asked for less than there is, fails for the cipher of its tokens, which Node no longer
 * has: it is asked for all that follow the last key, and cut here.
 */
async function answerPage(port: number, call: S3Call, most: number, response: ServerResponse): Promise<void> {
  const url = new URL(call.path, 'http://host');
  url.searchParams.delete('max-keys');
  const after = url.searchParams.get('continuation-token');
  if (after !== null) url.searchParams.set('start-after', after);
  url.searchParams.delete('continuation-token');
  const answer = await forward(port, { ...call, path: url.pathname + url.search });
  const text = String(await readBody(answer));
  const files = text.match(/<Contents>.*?<\/Contents>/gs) ?? [];
  const last = /<Key>(.*?)<\/Key>/.exec(files[most - 1] ?? '')?.[1];
  response.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/xml' });
  if (files.length <= most || last === undefined) response.end(text);
  else {
    const cut = files.slice(most).reduce((rest, file) => rest.replace(file, ''), text);
    const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>${last}</NextContinuationToken>`;
    response.end(cut.replace(/<IsTruncated>.*?<\/IsTruncated>/, more));
  }
}

/** Removes all files of the bucket, and the faults and conditions of a test. */
export async function emptyBucket(server: S3Server): Promise<void> {
  const folder = path.join(server.folder, bucket);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  server.calls.length = 0;
  server.fault = () => undefined;
  server.conditionalWrites = 'obeyed';
  server.pageSize = 1_000;
}

/**
 * Starts s3rver, a server of the S3 protocol that verifies signatures, with one empty bucket. In front of it stands what it lacks
 * of a real store: a file appears whole or not at all, one call comes after the other, and conditional writes, and pages.
 */
export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-s3-'));
  const s3rver = new S3rver({ directory: folder, silent: true, configureBuckets: [{ name: bucket }] });
  await s3rver.configureBuckets();
  const objects = createServer(s3rver.callback());
  // It takes the path of a bucket for "/bucket", where "/bucket/" was signed: listings are not verified.
  const listings = createServer(
    new S3rver({ directory: folder, silent: true, allowMismatchedSignatures: true }).callback(),
  );
  const ports = { objects: await listen(objects), listings: await listen(listings) };
  let last: Promise<unknown> = Promise.resolve();

  const pass = async (call: S3Call, response: ServerResponse): Promise<void> => {
    if (call.method === 'PUT' && call.headers['if-none-match'] === '*') {
      if (server.conditionalWrites === 'refused') {
        answerError(response, 501, 'NotImplemented');
        return;
      }
      if (server.conditionalWrites === 'obeyed' && (await isThere(call))) {
        answerError(response, 412, 'PreconditionFailed');
        return;
      }
    }
    if (isListing(call.path)) {
      await answerPage(ports.listings, call, server.pageSize, response);
      return;
    }
    const answer = await forward(ports.objects, call);
    if (server.fault(call) === 'lose the answer') {
      answer.resume();
      response.destroy();
      return;
    }
    // Of an empty file it promises a byte that never comes.
    if (answer.headers['content-range']?.endsWith('/0')) {
      answer.destroy();
      answerError(response, 416, 'InvalidRange');
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  };

  // Asked of the folder, since nobody may ask the server without a signature.
  const isThere = async ({ path: to }: S3Call): Promise<boolean> => {
    const { pathname } = new URL(to, 'http://host');
    return access(path.join(folder, `${decodeURIComponent(pathname)}._S3rver_object`)).then(
      () => true,
      () => false,
    );
  };

  const takeTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (!body) return;
    const { method = '', url = '', headers } = request;
    const call = { method, path: url, headers, body };
    server.calls.push(call);
    const fault = server.fault(call);
    if (fault === 'hang') return;
    if (fault === 'hang up') response.destroy();
    else if (typeof fault === 'object') answerError(response, fault.status, fault.code);
    else await takeTurn(() => pass(call, response));
  };

  const front = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const port = await listen(front);
  const endpoint = `http://127.0.0.1:${port}`;
  const server: S3Server = {
    endpoint,
    port,
    settings: { endpoint, region: 'us-east-1', bucket, prefix: '', forcePathStyle: true },
    folder,
    calls: [],
    pageSize: 1_000,
    openConnections: () =>
      new Promise((resolve, reject) => {
        front.getConnections((error, count) => {
          if (error) reject(error);
          else resolve(count);
        });
      }),
    fault: () => undefined,
    conditionalWrites: 'obeyed',
    [Symbol.asyncDispose]: async () => {
      await close(front);
      await close(objects);
      await close(listings);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return server;
}
