import { tellLatencies } from './latencies.ts';
import { tellOccasion, tellSection } from './report.ts';
import { type RollingFigures, runRollingRestart } from './rolling-restart.ts';

const intro = `## Rolling restart

\`npm run storm:rolling\` replaces two gateways behind HAProxy with \`deploy/haproxy.cfg\`, one after the other by SIGTERM, under a
load of both doors on connections that are kept open, with slow requests under way. Every write is looked for afterwards.

`;

function tell(workers: number, figures: RollingFigures): string {
  const { restarts, acknowledged, failures, latencies, endings } = figures;
  const longest = Math.max(...endings).toFixed(1);
  const processes = workers === 1 ? 'one process' : `${workers} processes`;
  return `- Two gateways of ${processes}: ${restarts} restarts, ${acknowledged} writes acknowledged, ${failures.length} requests failed; ${tellLatencies(latencies)}; SIGTERM to the end ${longest} s at most.`;
}

// What was started ends with this process, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const lines: string[] = [];
const failures: string[] = [];
for (const workers of [1, 2]) {
  const figures = await runRollingRestart({ rounds: 2, clients: 8, workers });
  lines.push(tell(workers, figures));
  failures.push(...figures.failures);
}
await tellSection('rolling', `${intro}${lines.join('\n')}\n\n${tellOccasion()}`, failures.length === 0);
for (const failure of failures.slice(0, 20)) console.log(`FAILED: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
