import fc from 'fast-check';
import { type FuzzRequest, FuzzClient } from './fuzz-client.ts';
import { fuzzRequest } from './fuzz-requests.ts';
import type { IsDocumented } from '../../support/documented-errors.ts';

/** What to send where; the same seed gives the same requests. */
export type FuzzPlan = {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  readonly seed: number;
  readonly isDocumented: IsDocumented;
  /** Told now and then how many were sent. */
  readonly tell?: (sent: number) => void;
};

export type FuzzFigures = {
  readonly statuses: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** What was wrong, with the request that brought it about. */
  readonly failures: readonly string[];
};

const portion = 1_000;
const keptFailures = 20;

function describeRequest(request: FuzzRequest): string {
  if (request.door === 'raw') return JSON.stringify(request.bytes.toString('latin1'));
  const { method, path, headers, body } = request;
  return `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body.toString('latin1').slice(0, 2_000))}`;
}

/** Sends generated requests, over and over, and answers what came of them. */
export async function runFuzz(plan: FuzzPlan): Promise<FuzzFigures> {
  const { port, requests, connections, seed, isDocumented, tell } = plan;
  using client = new FuzzClient(port, connections, isDocumented);
  const failures: string[] = [];
  const start = performance.now();
  for (let sent = 0; sent < requests && failures.length < keptFailures; sent += portion) {
    const numRuns = Math.min(portion, requests - sent);
    const waiting = fc.sample(fuzzRequest, { seed: seed + sent, numRuns });
    const work = async () => {
      for (let request = waiting.pop(); request; request = waiting.pop()) {
        const wrong = await client.try(request);
        if (wrong !== undefined) failures.push(`${wrong}\n  after ${describeRequest(request)}`);
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    tell?.(sent + numRuns);
  }
  return { statuses: client.statuses, seconds: (performance.now() - start) / 1_000, failures };
}
