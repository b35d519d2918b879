import type { Bench, LoadShape } from './bench.ts';
import { startDatabases } from './databases.ts';
import { type PartName, parts } from './parts/parts.ts';
import { hasPgbench } from './pgbench.ts';
import { describeCircumstances, readLoadAverage } from './report/machine.ts';
import { createTable } from './report/table.ts';
import { type Circumstances, writeResults } from './report/write-results.ts';
import { Samples } from './samples.ts';
import { requirePeers, startGateway, startPeer } from './servers.ts';

export type RunOptions = {
  /** The parts to measure; none named is all of them. */
  readonly only: readonly PartName[];
  readonly rounds: number;
  readonly peers: boolean;
  readonly check: boolean;
  readonly shape: LoadShape;
};

/** Measures everything that is asked for, by turns, and prints it. Throws where an answer or a stored row is wrong. */
export async function runBench(options: RunOptions): Promise<void> {
  const { peers, shape } = options;
  if (peers) requirePeers();
  const loadAverage = readLoadAverage();
  const hasYardstick = await hasPgbench();
  announce(options, loadAverage, hasYardstick);
  await using databases = await startDatabases();
  await using gateway = await startGateway(databases);
  await using workers = await startGateway(databases, 'auto');
  await using bare = await startPeer('bare', databases);
  await using mercurius = peers ? await startPeer('mercurius', databases) : null;
  await using postgraphile = peers ? await startPeer('postgraphile', databases) : null;
  const samples = new Samples((measure, figure) => console.log(`  ${measure.padEnd(24)} ${figure.toFixed(2)}`));
  await measureRounds(options, {
    databases,
    gateway,
    workers,
    bare,
    peers: mercurius && postgraphile ? { mercurius, postgraphile } : undefined,
    hasPgbench: hasYardstick,
    shape,
    samples,
  });
  await report(options, samples, async () => ({
    machine: await describeCircumstances(databases),
    loadAverage,
    rounds: options.rounds,
    shape,
  }));
}

function announce({ check }: RunOptions, loadAverage: number, hasYardstick: boolean): void {
  if (!hasYardstick)
    console.log('Without pgbench and psql nothing is compared with them (Debian: apt-get install postgresql).');
  if (!check && loadAverage > 0.5)
    console.log(`The machine is not quiet: its load average is ${loadAverage.toFixed(1)}.`);
  console.log('Starting PostgreSQL and filling it …');
}

async function measureRounds({ only, rounds }: RunOptions, bench: Bench): Promise<void> {
  const chosen = Object.entries(parts).filter(([name]) => only.length === 0 || only.some((part) => part === name));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, measure] of chosen) {
      console.log(`Round ${round} of ${rounds}: ${name}`);
      await measure(bench);
    }
  }
}

/** Only a run of everything is written down. */
async function report(
  { only, peers, check }: RunOptions,
  samples: Samples,
  describe: () => Promise<Circumstances>,
): Promise<void> {
  if (check) {
    console.log('Every answer was right, and everything acknowledged was found.');
    return;
  }
  console.log(`\n${createTable(samples)}`);
  if (peers && only.length === 0) await writeResults(samples, await describe());
}
