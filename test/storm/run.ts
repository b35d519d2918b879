import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../support/free-port.ts';
import { Field, type Fault, longStorm, shortStorm } from './faults.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { Follower } from './follower.ts';
import { Gateway } from './gateway.ts';
import { Ledger, verifyFeed } from './ledger.ts';
import { PostgresNode, openHome } from './postgres.ts';
import { Proxy } from './proxy.ts';
import { readFeed, readRecords } from './stored.ts';
import { Traffic, type TrafficShape } from './traffic.ts';

/** How long a storm takes at least, and what it has to show. */
export type StormShape = {
  readonly faults: readonly Fault[];
  readonly traffic: TrafficShape;
  /** Milliseconds of traffic between two faults. */
  readonly calm: number;
  /** Acknowledged writes at least; traffic goes on until there are as many. */
  readonly acknowledged: number;
};

/** One fault: after how many milliseconds traffic flowed again, and what callers heard meanwhile. */
export type Blow = {
  readonly name: string;
  readonly flowAfter: number;
  readonly refused: number;
  readonly unknown: number;
};

export type StormFigures = {
  readonly blows: readonly Blow[];
  readonly counts: Ledger['counts'];
  readonly records: number;
  readonly changes: number;
  readonly longest: Traffic['longest'];
  readonly seconds: number;
  /** For how many milliseconds the storm itself was kept from working at the longest: a busy machine shows here. */
  readonly longestStall: number;
  readonly postgresVersion: string;
  /** What should not be; a storm that finds nothing wrong has none. */
  readonly complaints: readonly string[];
  /** The end of the gateway's log. */
  readonly log: readonly string[];
};

/** Traffic flows again within so many milliseconds after a fault. */
export const flowLimit = 10_000;

export const shapes: Readonly<Record<'long' | 'short', StormShape>> = {
  long: {
    faults: longStorm,
    traffic: { writers: { single: 10, bulk: 2 }, records: 400, pause: 15 },
    calm: 7_000,
    acknowledged: 100_000,
  },
  short: {
    faults: shortStorm,
    traffic: { writers: { single: 4, bulk: 1 }, records: 100, pause: 10 },
    calm: 500,
    acknowledged: 3_000,
  },
};

/** Strikes once, and tells how soon traffic flowed again and what callers heard meanwhile. */
async function strike({ name, strike: hit }: Fault, field: Field, traffic: Traffic, ledger: Ledger): Promise<Blow> {
  const before = { ...ledger.counts };
  const moment = await hit(field);
  const flowAfter = await traffic.waitForFlow(moment);
  const { refused, unknown } = ledger.counts;
  return { name, flowAfter, refused: refused - before.refused, unknown: unknown - before.unknown };
}

/** The faults one after the other, each in the middle of traffic, and traffic until enough is acknowledged. */
async function strikeAll(
  shape: StormShape,
  field: Field,
  traffic: Traffic,
  ledger: Ledger,
  tell: Tell,
): Promise<Blow[]> {
  const blows: Blow[] = [];
  await traffic.waitForFlow(0);
  for (const fault of shape.faults) {
    await delay(shape.calm);
    const blow = await strike(fault, field, traffic, ledger);
    blows.push(blow);
    tell(`${blows.length} of ${shape.faults.length}  ${describeBlow(blow)}  ${describeCounts(ledger)}`);
  }
  while (ledger.counts.acknowledged < shape.acknowledged) await delay(100);
  return blows;
}

function describeBlow({ name, flowAfter }: Blow): string {
  return `${name.padEnd(56)} flows after ${(flowAfter / 1_000).toFixed(1).padStart(4)} s`;
}

function describeCounts({ counts }: Ledger): string {
  return `${counts.acknowledged} acknowledged, ${counts.refused} refused, ${counts.unknown} unknown`;
}

function findLateFlows(blows: readonly Blow[]): string[] {
  return blows.filter(({ flowAfter }) => flowAfter > flowLimit).map((blow) => `too late: ${describeBlow(blow)}`);
}

type Tell = (line: string) => void;

/** Raises a storm over a gateway and servers of its own, and checks afterwards everything that was filed; `tell` hears how it goes. */
export async function runStorm(shape: StormShape, tell: Tell): Promise<StormFigures> {
  const begun = performance.now();
  const stalls = monitorEventLoopDelay();
  stalls.enable();
  await using home = await openHome();
  await using folder = await createTemporaryFolder();
  const port = await findFreePort();
  const postgres = await PostgresNode.create(home);
  const proxy = await Proxy.start(postgres.port);
  await using gateway = await Gateway.start({
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: folder.path,
    DATABASE_URL: postgres.urlAt(proxy.port),
  });
  await using field = new Field(gateway, proxy, postgres);
  const ledger = new Ledger();
  const traffic = new Traffic(ledger, port, shape.traffic);
  const follower = new Follower(port);
  traffic.start();
  follower.start();
  const blows = await strikeAll(shape, field, traffic, ledger, tell);
  tell('The storm is over. Checking what was filed …');
  await traffic.stop();
  await follower.stop();
  stalls.disable();
  const records = await readRecords(field.postgres);
  const feed = await readFeed(field.postgres);
  return {
    blows,
    counts: ledger.counts,
    records: records.length,
    changes: feed.length,
    longest: traffic.longest,
    seconds: (performance.now() - begun) / 1_000,
    longestStall: stalls.max / 1e6,
    postgresVersion: await field.postgres.readVersion(),
    complaints: [
      ...gateway.complaints,
      ...traffic.complaints,
      ...follower.complaints,
      ...findLateFlows(blows),
      ...ledger.verifyRecords(records),
      ...verifyFeed(feed, records),
      ...verifyFeed(follower.entries, records).map((complaint) => `as followed: ${complaint}`),
    ],
    log: gateway.log,
  };
}
