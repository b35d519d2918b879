import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startPostgres } from '../support/postgres-server.ts';
import { startBalancer } from './balancer.ts';
import { type ClientRecord, startClients } from './clients.ts';
import { type Gateway, createGateway, runCli } from './restartable-gateway.ts';
import { type Latencies, summarizeLatencies } from './latencies.ts';
import { locate } from './program.ts';

/** What a rolling restart came to; `endings` are seconds from SIGTERM to the end. */
export type RollingFigures = {
  readonly restarts: number;
  readonly acknowledged: number;
  /** What failed, in words; empty as it should be. */
  readonly failures: readonly string[];
  /** Of all clients but those whose requests take seconds. */
  readonly latencies: Latencies;
  readonly endings: readonly number[];
};

export type RollingOptions = {
  /** How often each gateway is restarted. */
  readonly rounds: number;
  /** Clients at each door. */
  readonly clients: number;
  /** Processes of each gateway. */
  readonly workers: number;
};

/** As docs/operations.md tells operators; seconds. */
const drainDelay = 5;
/** After a gateway is ready until the balancer, which looks twice, sends to it again; milliseconds. */
const balancerPatience = 3_000;

/** Restarts a gateway as an operator would, and answers what went wrong and how many seconds its end took. */
async function restart(gateway: Gateway): Promise<{ readonly seconds: number; readonly wrong: readonly string[] }> {
  const { code, seconds } = await gateway.terminate();
  await gateway.start();
  await delay(balancerPatience);
  return { seconds, wrong: code === 0 ? [] : [`A gateway ended with exit code ${code}.`] };
}

/** What the database does not hold of what was acknowledged: the last write of each client, each write once. */
async function findLost(url: string, records: readonly ClientRecord[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ reference: string; number: number; version: number }>(
      'select reference, credit_limit::int as number, version::int as version from customers',
    );
    const stored = new Map(rows.map((row) => [row.reference, row]));
    return records.flatMap(({ reference, last, acknowledged, failures }) => {
      const row = stored.get(reference);
      // What failed may have been written or not.
      const isRight = failures.length > 0 || (row?.number === last && row.version === acknowledged);
      return isRight ? [] : [`${reference} holds ${JSON.stringify(row)}, not write ${last} of ${acknowledged}.`];
    });
  } finally {
    await client.end();
  }
}

/**
 * Restarts two gateways one after the other, behind HAProxy and under load of both doors by clients that keep their
 * connections, and looks for every acknowledged write in the database. Throws where something does not even start.
 */
export async function runRollingRestart({ rounds, clients: count, workers }: RollingOptions): Promise<RollingFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-rolling-'));
  try {
    await using server = await startPostgres(['max_connections=100']);
    const settings = { DATABASE_URL: server.url, DATA_DIR: folder, WORKERS: String(workers) };
    await runCli(['provision', locate('examples/entity1.yaml')], settings);
    await using first = await createGateway({ ...settings, DRAIN_DELAY: String(drainDelay) });
    await using second = await createGateway({ ...settings, DRAIN_DELAY: String(drainDelay) });
    await Promise.all([first.start(), second.start()]);
    await using balancer = await startBalancer([first.port, second.port]);
    const clients = startClients(balancer.port, count);
    const ends = [];
    for (let round = 0; round < rounds; round += 1)
      for (const gateway of [first, second]) ends.push(await restart(gateway));
    const records = await clients.stop();
    const quick = records.filter(({ reference }) => !reference.startsWith('long'));
    const failures = records.flatMap((record) => record.failures);
    return {
      restarts: ends.length,
      acknowledged: records.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      failures: [...failures, ...ends.flatMap(({ wrong }) => wrong), ...(await findLost(server.url, records))],
      latencies: summarizeLatencies(quick.flatMap(({ latencies }) => latencies)),
      endings: ends.map(({ seconds }) => seconds),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
