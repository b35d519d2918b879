import { tellLatencies } from './latencies.ts';
import { type RollingFigures, runRollingRestart } from './rolling-restart.ts';

function tell(workers: number, figures: RollingFigures): string {
  const { restarts, acknowledged, failures, latencies, endings } = figures;
  const longest = Math.max(...endings).toFixed(1);
  return [
    `Two gateways of ${workers} ${workers === 1 ? 'process' : 'processes'}: ${restarts} restarts, ${acknowledged} writes acknowledged, ${failures.length} failures.`,
    `  ${tellLatencies(latencies)}; SIGTERM to the end ${longest} s at most.`,
    ...failures.slice(0, 20).map((failure) => `  ${failure}`),
  ].join('\n');
}

// What was started ends with this process, also where it is told to end early.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
for (const workers of [1, 2]) {
  const figures = await runRollingRestart({ rounds: 2, clients: 8, workers });
  console.log(tell(workers, figures));
  if (figures.failures.length > 0) process.exitCode = 1;
}
