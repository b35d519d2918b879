import { tellLatencies } from './latencies.ts';
import { tellOccasion, tellSection } from './report.ts';
import { runSlowStorm } from './slow-clients.ts';

// What was started ends with this process, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const options = { clients: 200, rate: 50, seconds: 40 };
const { alone, beside, ends, failures } = await runSlowStorm(options);
const kinds = Array.from(
  ends,
  ([kind, { count, first, last }]) => `| ${kind} | ${count} | ${first.toFixed(1)} to ${last.toFixed(1)} s |`,
);
const section = `## Slow clients

\`npm run storm:slow\` puts ${options.clients} clients that send or read slowly, or nothing at all, beside ${options.rate} ordinary
requests a second for ${options.seconds} s.

- The ordinary ones alone: ${tellLatencies(alone)}.
- Beside the slow ones: ${tellLatencies(beside)}; ${failures.length} failures.

| slow in | clients | ended after |
| --- | ---: | --- |
${kinds.join('\n')}

${tellOccasion()}`;
await tellSection('slow', section, failures.length === 0);
for (const failure of failures.slice(0, 20)) console.log(`FAILED: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
