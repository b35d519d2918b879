import { readFile, writeFile } from 'node:fs/promises';
import type { LoadShape } from '../bench.ts';
import { locate } from '../databases.ts';
import { countRows } from '../parts/import.ts';
import type { Samples } from '../samples.ts';
import { createChart } from './chart.ts';
import { createTable } from './table.ts';

/** What the figures come from. */
export type Circumstances = {
  readonly machine: string;
  /** Of the minute before. */
  readonly loadAverage: number;
  readonly rounds: number;
  readonly shape: LoadShape;
};

/** Writes bench/results.md and its chart, and puts the table into the README. */
export async function writeResults(samples: Samples, circumstances: Circumstances): Promise<void> {
  const table = createTable(samples);
  const origin = describeOrigin(circumstances);
  await writeFile(locate('bench/results.svg'), createChart(samples));
  await writeFile(
    locate('bench/results.md'),
    `# What was measured\n\n${origin}\n\n${table}\n\n![How close every figure comes to its aim](results.svg)\n`,
  );
  const readme = await readFile(locate('README.md'), 'utf8');
  await writeFile(locate('README.md'), replaceSpeed(readme, `${table}\n\n${origin}`));
}

function describeOrigin({ machine, loadAverage, rounds, shape }: Circumstances): string {
  const date = new Date().toISOString().slice(0, 10);
  return [
    `Measured on ${date} with \`npm run bench -- --peers\`: ${machine}. Database, gateway and load share it;`,
    `before, it had a load average of ${loadAverage.toFixed(1)}. Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} by turns,`,
    `${shape.connections} connections, ${shape.seconds} s counted after ${shape.warmUp} s to warm up; imports of ${countRows(shape)} rows.`,
    'Before each run of upserts and each import the tables are vacuumed and a checkpoint is made: none pays for what another wrote.',
  ].join('\n');
}

/** The README with what stands between its two marks of the benchmark replaced. Throws where it has none. */
function replaceSpeed(readme: string, text: string): string {
  const [before, rest] = readme.split('<!-- bench -->\n');
  const after = rest?.split('<!-- /bench -->')[1];
  if (before === undefined || after === undefined) throw new Error('README.md has no place for the results.');
  return `${before}<!-- bench -->\n\n${text}\n\n<!-- /bench -->${after}`;
}
