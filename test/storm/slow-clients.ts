import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { makeSlowPicture, toFile } from '../support/pictures.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { type SlowEnd, type SlowKind, type SlowOptions, beSlow, slowKinds } from '../support/slow-clients.ts';
import { createGateway, runCli } from './restartable-gateway.ts';
import { type Latencies, summarizeLatencies } from './latencies.ts';
import { locate } from './program.ts';

/** What normal requests came to, alone and beside slow clients; `failures` in words, empty as they should be. */
export type SlowFigures = {
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** Seconds until the server had ended them: the quickest and the slowest of each kind. */
  readonly ends: ReadonlyMap<SlowKind, { readonly count: number; readonly first: number; readonly last: number }>;
  readonly failures: readonly string[];
};

export type SlowStormOptions = {
  /** Slow clients at any time, of all kinds in equal parts. */
  readonly clients: number;
  /** Normal requests a second. */
  readonly rate: number;
  /** How long they go on: alone, and beside the slow ones. */
  readonly seconds: number;
};

/** Milliseconds in which the server has to end a kind: its own limit, how often it looks, and what a busy machine takes. */
const limits: Readonly<Record<'head' | 'body' | 'reader', readonly [number, number]>> = {
  head: [10_000, 15_000],
  body: [30_000, 35_000],
  // It reads on after 40 seconds and meets the end of what lay on the way.
  reader: [40_000, 45_000],
};

function limitOf(kind: SlowKind): readonly [number, number] {
  if (kind === 'reader') return limits.reader;
  return kind === 'silence' || kind === 'headers' ? limits.head : limits.body;
}

function judgeEnd({ kind, milliseconds, status, isAnswered }: SlowEnd): string[] {
  const [earliest, latest] = limitOf(kind);
  const isOnTime = milliseconds > earliest - 1_000 && milliseconds < latest;
  const isRight = kind === 'reader' ? !isAnswered : status === '' || status === 'HTTP/1.1 408 Request Timeout';
  return isOnTime && isRight ? [] : [`${kind} ended after ${Math.round(milliseconds)} ms: "${status}"`];
}

type Quick = { readonly latencies: number[]; readonly failures: string[] };

/** Sends normal requests to both doors at a fixed rate, whether those before are answered or not. */
async function sendSteadily(address: string, rate: number, seconds: number): Promise<Quick> {
  const quick: Quick = { latencies: [], failures: [] };
  const query = 'mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { __typename } }';
  // Of many customers: writes of one would wait for each other.
  const nameCustomer = (number: number) => `quick-${number % 500}`;
  const kinds: readonly (readonly [(number: number) => string, (number: number) => RequestInit])[] = [
    [
      (number) => `/api/v1.0/customers/reference/${nameCustomer(number)}`,
      (number) => ({ method: 'POST', body: new URLSearchParams({ name: `${number}` }) }),
    ],
    [
      () => '/graphql',
      (number) => ({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { input: { reference: nameCustomer(number), name: `${number}` } } }),
      }),
    ],
    [() => '/api/v1.0/regions/3', () => ({})],
  ];
  const send = async (number: number) => {
    const [locateTarget, create] = kinds[number % kinds.length] ?? [() => '/', () => ({})];
    const target = locateTarget(number);
    const begun = performance.now();
    try {
      const response = await fetch(address + target, create(number));
      const text = await response.text();
      if (!response.ok || text.includes('"errors"')) throw new Error(`${response.status}: ${text.slice(0, 200)}`);
      quick.latencies.push(performance.now() - begun);
    } catch (error) {
      quick.failures.push(`${target}: ${String(error)}`);
    }
  };
  const begun = performance.now();
  const sent = [];
  for (let number = 0; number < rate * seconds; number += 1) {
    await delay(Math.max(0, begun + (number * 1_000) / rate - performance.now()));
    sent.push(send(number));
  }
  await Promise.all(sent);
  return quick;
}

/** Is slow over and over, until it is aborted; the last of them is still waited for. */
async function keepBeingSlow(
  kind: SlowKind,
  place: Pick<SlowOptions, 'port' | 'picture'>,
  over: AbortSignal,
): Promise<SlowEnd[]> {
  const ends = [];
  while (!over.aborted)
    ends.push(await beSlow(kind, { ...place, pace: 1_000, readAfter: limits.reader[0], reference: 'slow' }));
  return ends;
}

/** How many customers there are of a reference. */
async function countCustomers(url: string, reference: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query('select 1 from customers where reference = $1', [reference])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Stores a picture of about a megabyte and answers its path. */
async function storePicture(address: string): Promise<string> {
  const body = new FormData();
  body.append('name', 'Pictured');
  body.append('imageFile', toFile(await makeSlowPicture(), 'large.jpg'));
  const response = await fetch(`${address}/api/v1.0/customers/reference/pictured`, { method: 'POST', body });
  const { logo } = z.object({ logo: z.string() }).parse(await response.json());
  return new URL(logo).pathname;
}

function summarizeEnds(ends: readonly SlowEnd[]): SlowFigures['ends'] {
  return new Map(
    slowKinds.map((kind) => {
      const seconds = ends.filter((end) => end.kind === kind).map(({ milliseconds }) => milliseconds / 1_000);
      return [kind, { count: seconds.length, first: Math.min(...seconds), last: Math.max(...seconds) }];
    }),
  );
}

/** Keeps slow clients of every kind at the built gateway, beside normal requests. Throws where something does not even start. */
export async function runSlowStorm({ clients, rate, seconds }: SlowStormOptions): Promise<SlowFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-slow-'));
  try {
    await using server = await startPostgres();
    const settings = { DATABASE_URL: server.url, DATA_DIR: folder };
    await runCli(['provision', locate('examples/entity1.yaml')], settings);
    await using gateway = await createGateway(settings);
    await gateway.start();
    const address = `http://127.0.0.1:${gateway.port}`;
    const picture = await storePicture(address);
    await sendSteadily(address, rate, 3);
    const alone = await sendSteadily(address, rate, Math.min(seconds, 10));
    const over = new AbortController();
    const slow = Array.from({ length: clients }, (_, index) =>
      keepBeingSlow(slowKinds[index % slowKinds.length] ?? 'headers', { port: gateway.port, picture }, over.signal),
    );
    const beside = await sendSteadily(address, rate, seconds);
    over.abort();
    const ends = (await Promise.all(slow)).flat();
    const { code } = await gateway.terminate();
    const written = await countCustomers(server.url, 'slow');
    return {
      alone: summarizeLatencies(alone.latencies),
      beside: summarizeLatencies(beside.latencies),
      ends: summarizeEnds(ends),
      failures: [
        ...[...alone.failures, ...beside.failures].map((failure) => `a normal request failed: ${failure}`),
        ...ends.flatMap(judgeEnd),
        ...(code === 0 ? [] : [`the gateway ended with exit code ${code}`]),
        ...(written === 0 ? [] : ['what a slow client sent was written']),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
