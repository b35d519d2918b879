import { describeMachine } from '../support/machine.ts';
import { writeSection } from './report.ts';
import { type Blow, type StormFigures, flowLimit } from './run.ts';

/** As many complaints as anybody wants to read. */
const mostComplaints = 20;

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

function inThousands(count: number): string {
  return count.toLocaleString('en').replaceAll(',', ' ');
}

function sum(blows: readonly Blow[], key: 'refused' | 'unknown'): string {
  return inThousands(blows.reduce((total, blow) => total + blow[key], 0));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.ceil(values.length / 2) - 1], sorted[Math.floor(values.length / 2)]];
  return (low + high) / 2;
}

function createRow(name: string, blows: readonly Blow[]): string {
  const flows = blows.map(({ flowAfter }) => flowAfter);
  const cells = [name, String(blows.length), inSeconds(median(flows)), inSeconds(Math.max(...flows))];
  return `| ${[...cells, sum(blows, 'refused'), sum(blows, 'unknown')].join(' | ')} |`;
}

/** Faults by kind, with how soon traffic flowed again. */
function createTable(blows: readonly Blow[]): string {
  const names = [...new Set(blows.map(({ name }) => name))];
  return [
    '| fault | times | flows again after (median) | at the latest | writes refused | unknown |',
    '| --- | --- | --- | --- | --- | --- |',
    ...names.map((name) =>
      createRow(
        name,
        blows.filter((blow) => blow.name === name),
      ),
    ),
  ].join('\n');
}

/** What a storm came to, for those who read the page and those who watched it. */
export function describeStorm(figures: StormFigures): string {
  const { blows, counts, records, changes, longest, longestStall, seconds, complaints } = figures;
  const shown = complaints.slice(0, mostComplaints);
  const rest = complaints.length - shown.length;
  return [
    createTable(blows),
    '',
    `- ${inThousands(counts.acknowledged)} upserts acknowledged, ${inThousands(counts.refused)} refused, ${inThousands(counts.unknown)} of unknown fate, in ${seconds.toFixed(0)} s.`,
    `- ${inThousands(records)} records and ${inThousands(changes)} changes of the feed checked against them: ${complaints.length === 0 ? 'nothing lost, doubled, resurrected or foreign, no other answer than documented ones, no exit but the kills' : `${complaints.length} complaints`}.`,
    `- The longest time without any acknowledgement, faults included: ${inSeconds(longest.pause)}. The longest that an answer took: ${inSeconds(longest.answer)}. The longest that the load itself was kept from working by whatever else the machine did: ${inSeconds(longestStall)}.`,
    ...shown.map((complaint) => `- WRONG: ${complaint}`),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
  ].join('\n');
}

/** Writes what a storm came to into its section of docs/reliability.md. */
export async function writeStorm(figures: StormFigures): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const head = `## Storm

\`npm run storm\` kills and cuts off whatever a gateway depends on, one thing after the other, under a steady load of upserts
by both doors: of customers, single and in bulk, and of categories that each write moves to another place of the tree. Every call is
filed as acknowledged, refused or unknown. Afterwards each record must hold what was acknowledged last, or an unknown write sent
after it, and the feed of changes, as it is stored and as it was followed through the storm, every version of each record once. A fault is over when every caller has had a call acknowledged that was sent after it; more than
${flowLimit / 1_000} s is a failure.

Last run on ${date}: ${describeMachine(figures.postgresVersion)}. Load, proxy, gateway and PostgreSQL share it.
`;
  await writeSection('storm', `${head}\n${describeStorm(figures)}`);
}
