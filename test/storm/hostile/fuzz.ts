import { parseArgs } from 'node:util';
import { readDocumentedErrors } from '../../support/documented-errors.ts';
import { startBuiltGateway, startDatabase } from './built-gateway.ts';
import { type FuzzFigures, runFuzz } from './fuzz-run.ts';
import { tellOccasion, tellSection } from '../report.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, requests: { type: 'string', default: '100000' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const requests = Number(values.requests);
const connections = 16;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

function describeFigures({ statuses, seconds }: FuzzFigures): string {
  const sum = (wanted: (status: number) => boolean) =>
    [...statuses].reduce((total, [key, count]) => (wanted(Number(key.split(' ')[1])) ? total + count : total), 0);
  const total = sum(() => true);
  const counts = [
    ['2xx and 3xx', sum((status) => status >= 100 && status < 400)],
    ['4xx', sum((status) => status >= 400 && status < 500)],
    ['503 with `Retry-After`', sum((status) => status === 503)],
    ['other 5xx', sum((status) => status >= 500 && status !== 503)],
    ['closed without an answer (no HTTP)', sum((status) => status === 0)],
  ] as const;
  const rows = counts.map(([name, count]) => `| ${name} | ${count} |`).join('\n');
  const rate = Math.round(total / seconds);
  return `## Generated requests\n\n\`npm run storm:fuzz -- --requests ${requests} --seed ${seed}\`: ${total} generated requests, right and wrong ones, forms, documents, uploads, headers and bytes that are no HTTP, sent over ${connections} connections in ${Math.round(seconds)} s (${rate}/s).\n\n| answer | |\n| --- | ---: |\n${rows}\n\n${tellOccasion()}`;
}

await using server = await startDatabase();
await using gateway = await startBuiltGateway(server, 'fuzz');
console.log(`seed ${seed}`);
const figures = await runFuzz({
  port: gateway.port,
  requests,
  connections,
  seed,
  isDocumented: await readDocumentedErrors(),
  tell: (sent) => {
    if (sent % 10_000 === 0) console.log(`${sent} sent`);
  },
});
const failures = [...figures.failures, ...gateway.failures(), ...(gateway.isRunning() ? [] : ['the process ended'])];
const isWhole = failures.length === 0 && requests >= 100_000;
await tellSection('hostile-fuzz', describeFigures(figures), isWhole);
for (const failure of failures.slice(0, 20)) console.log(`FAILED: ${failure}`);
if (failures.length > 0) {
  console.log(`Repeat it with: npm run storm:fuzz -- --requests ${requests} --seed ${seed}`);
  process.exitCode = 1;
}
