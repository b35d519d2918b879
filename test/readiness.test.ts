import { expect, it } from 'vitest';
import { createLog } from '../src/telemetry/log.ts';
import { createReadiness } from '../src/telemetry/readiness.ts';

const log = createLog({ level: 'silent', write: () => undefined });
const otherwise = { part: 'missing' };

it('asks once for however many want to know at a time', async () => {
  let runs = 0;
  const run = () => Promise.resolve({ part: `ok${(runs += 1) > 1 ? ' again' : ''}` });
  const { report } = createReadiness([{ run, otherwise }], { log, patience: { time: 1_000, age: 60_000 } });
  await Promise.all(Array.from({ length: 50 }, report));
  expect(await report()).toEqual({ isReady: true, checks: { part: 'ok', process: 'ok' } });
  expect(runs).toBe(1);
});

it('waits no longer than it may for what hangs, and does not begin it a second time', async () => {
  let runs = 0;
  let finish: (found: { part: string }) => void = () => undefined;
  const run = () => {
    runs += 1;
    return new Promise<{ part: string }>((resolve) => (finish = resolve));
  };
  const { report } = createReadiness([{ run, otherwise }], { log, patience: { time: 5, age: 0 } });
  const missing = { isReady: false, checks: { part: 'missing', process: 'ok' } };
  expect([await report(), await report()]).toEqual([missing, missing]);
  expect(runs).toBe(1);
  const last = report();
  finish({ part: 'ok' });
  expect(await last).toEqual({ isReady: true, checks: { part: 'ok', process: 'ok' } });
});

it('is not ready once it drains, whatever else is fine', async () => {
  const { report, drain } = createReadiness([], { log });
  expect((await report()).isReady).toBe(true);
  drain();
  expect(await report()).toEqual({ isReady: false, checks: { process: 'draining' } });
});
