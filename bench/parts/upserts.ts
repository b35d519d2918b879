import type { Bench, Part } from '../bench.ts';
import { tidy } from '../databases.ts';
import { type UpsertDoor, formDoor, graphqlDoor, peerDoor } from '../doors.ts';
import { watchMemory } from '../memory.ts';
import { runPgbench } from '../pgbench.ts';
import { loadUpserts } from './load-upserts.ts';

/** Upserts by GraphQL, with the latency of the worst hundredth and the memory they take, beside Mercurius. */
export const measureGraphql: Part = async (bench) => {
  const { databases, gateway, peers, samples, shape } = bench;
  await measureYardstick(bench);
  const memory = watchMemory(gateway.pid);
  const ours = await loadUpserts(databases, { port: gateway.port, door: graphqlDoor, keptIn: 'gateway' }, shape);
  samples.add('graphql upserts/s', ours.perSecond);
  samples.add('graphql p99 ms', ours.p99);
  const megabytes = memory.stop();
  if (megabytes !== undefined) samples.add('graphql RSS MB', megabytes);
  if (!peers) return;
  const theirs = await loadUpserts(
    databases,
    { port: peers.mercurius.port, door: peerDoor, keptIn: 'yardstick' },
    shape,
  );
  samples.add('mercurius upserts/s', theirs.perSecond);
  samples.add('mercurius p99 ms', theirs.p99);
};

/** Upserts by form POST. */
export const measureForm: Part = async (bench) => {
  const { databases, gateway, samples, shape } = bench;
  await measureYardstick(bench);
  const { perSecond } = await loadUpserts(databases, { port: gateway.port, door: formDoor, keptIn: 'gateway' }, shape);
  samples.add('form upserts/s', perSecond);
};

/** Both doors again, served by a process for each core. */
export const measureWorkers: Part = async (bench) => {
  const { databases, workers, samples, shape } = bench;
  await measureYardstick(bench);
  const load = (door: UpsertDoor) => loadUpserts(databases, { port: workers.port, door, keptIn: 'gateway' }, shape);
  samples.add('workers graphql upserts/s', (await load(graphqlDoor)).perSecond);
  samples.add('workers form upserts/s', (await load(formDoor)).perSecond);
};

/** What one client waits for its upsert that has the servers for itself. */
export const measureLoneClient: Part = async ({ databases, gateway, bare, samples, shape }) => {
  const lone = { ...shape, connections: 1 };
  const theirs = await loadUpserts(databases, { port: bare.port, door: peerDoor, keptIn: 'yardstick' }, lone);
  samples.add('bare lone client ms', theirs.p50);
  const ours = await loadUpserts(databases, { port: gateway.port, door: graphqlDoor, keptIn: 'gateway' }, lone);
  samples.add('lone client ms', ours.p50);
};

async function measureYardstick({ databases, hasPgbench, samples, shape }: Bench): Promise<void> {
  if (!hasPgbench) return;
  await tidy(databases);
  samples.add('pgbench rows/s', await runPgbench(databases.yardstick, shape));
}
