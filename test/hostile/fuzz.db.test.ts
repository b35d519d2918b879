import { expect, it } from 'vitest';
import { readDocumentedErrors } from '../support/documented-errors.ts';
import { openTestGateway } from '../support/gateway.ts';
import { listen } from '../support/raw-http.ts';
import { tries } from '../support/tries.ts';
import { runFuzz } from '../storm/hostile/fuzz-run.ts';

it('generated requests are answered as documented, never by 5xx, and never not at all', async () => {
  await using gateway = await openTestGateway();
  await using http = await listen(gateway);
  const seed = Date.now() % 2 ** 31;
  const isDocumented = await readDocumentedErrors();
  const plan = { port: http.port, requests: tries(8_000).numRuns, connections: 16, seed, isDocumented };
  const { failures, statuses } = await runFuzz(plan);
  expect([`seed ${seed}`, ...failures]).toEqual([`seed ${seed}`]);
  // Most of them get somewhere, and none finds a queue full.
  const statusesSeen = new Set([...statuses.keys()].map((key) => key.split(' ')[1]));
  expect([...statusesSeen]).toEqual(expect.arrayContaining(['200', '201', '400', '404', '405']));
  expect(statusesSeen.has('503')).toBe(false);
});
