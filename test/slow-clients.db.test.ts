import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { makeSlowPicture, toFile } from './support/pictures.ts';
import { type Listening, listen } from './support/raw-http.ts';
import { type SlowKind, beSlow, slowKinds } from './support/slow-clients.ts';

/** Less than a tenth of the usual, in milliseconds. */
const timeouts = {
  headersTimeout: 1_000,
  requestTimeout: 3_000,
  answerTimeout: 3_000,
  connectionsCheckingInterval: 100,
  keepAliveTimeout: 500,
};
/** For a machine that is busy otherwise. */
const slack = 15_000;

let gateway: TestGateway;
let door: Listening;
let picture: string;
const failures: unknown[] = [];

beforeAll(async () => {
  gateway = await openTestGateway({ report: (failure) => failures.push(failure) });
  const imageFile = toFile(await makeSlowPicture(), 'large.jpg');
  const { body } = await gateway.postCustomer('pictured', { name: 'Pictured', imageFile });
  picture = new URL(String(body['logo'])).pathname;
  door = await listen(gateway, timeouts);
});

afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

const earliest = (kind: SlowKind) => (kind === 'silence' || kind === 'headers' ? 1_000 : 3_000);

/** What 50 requests a second, one after the other, are answered until it is over. */
async function postUntil(over: AbortSignal): Promise<Set<number>> {
  const statuses = new Set<number>();
  const address = `http://127.0.0.1:${door.port}/api/v1.0/customers/reference/quick`;
  while (!over.aborted) {
    const { status } = await fetch(address, { method: 'POST', body: new URLSearchParams({ name: 'Quick' }) });
    statuses.add(status);
    await delay(20);
  }
  return statuses;
}

it('ends slow senders and readers of every kind on time, serves others meanwhile, and keeps nothing of theirs', async () => {
  const over = new AbortController();
  const quick = postUntil(over.signal);
  const options = { port: door.port, pace: 50, readAfter: 7_000, reference: 'slow', picture };
  const ends = await Promise.all(slowKinds.flatMap((kind) => [1, 2, 3, 4].map(() => beSlow(kind, options))));
  over.abort();
  expect(await quick).toEqual(new Set([201]));
  for (const { kind, milliseconds, isAnswered, status } of ends) {
    expect(milliseconds, kind).toBeGreaterThan(earliest(kind) * 0.8);
    expect(milliseconds, kind).toBeLessThan(earliest(kind) + slack);
    if (kind === 'reader') expect({ status, isAnswered }).toEqual({ status: 'HTTP/1.1 200 OK', isAnswered: false });
    else expect(status, kind).toMatch(/^(HTTP\/1\.1 408 Request Timeout)?$/);
  }
  expect(failures).toEqual([]);
  expect((await gateway.rest('/api/v1.0/customers/reference/slow')).status).toBe(404);
  await door.becomeIdle();
});
