import { tellLatencies } from './latencies.ts';
import { runSlowStorm } from './slow-clients.ts';

// What was started ends with this process, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const options = { clients: 200, rate: 50, seconds: 40 };
const { alone, beside, ends, failures } = await runSlowStorm(options);
console.log(`${options.rate} normal requests a second alone: ${tellLatencies(alone)}`);
console.log(`beside ${options.clients} slow clients:  ${tellLatencies(beside)}`);
for (const [kind, { count, first, last }] of ends)
  console.log(`  ${kind.padEnd(26)} ${count} ended after ${first.toFixed(1)} to ${last.toFixed(1)} s`);
console.log(`${failures.length} failures`);
for (const failure of failures.slice(0, 20)) console.log(`  ${failure}`);
if (failures.length > 0) process.exitCode = 1;
