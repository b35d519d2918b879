import { formatNumber, formatSeconds } from './progress.ts';
import { type Tally, countRows } from './tally.ts';

/** What is told of an import that has ended. */
export type ImportSummary = {
  readonly collection: string;
  readonly organization: string;
  readonly file: string;
  readonly dryRun: boolean;
  /** Whether it was told to stop before the end of the file. */
  readonly stopped: boolean;
  readonly tally: Tally;
  /** How many of the rows an earlier run had dealt with. */
  readonly resumedAt: number;
  readonly seconds: number;
  /** Where the refused rows are, if there are any. */
  readonly rejectedFile: string | null;
};

function rowsPerSecond({ tally, resumedAt, seconds }: ImportSummary): number {
  return Math.round((countRows(tally) - resumedAt) / Math.max(seconds, 0.001));
}

/** The summary for scripts: one line of JSON. */
export function renderSummaryJson(summary: ImportSummary): string {
  const { tally, ...rest } = summary;
  const pace = { rowsPerSecond: rowsPerSecond(summary) };
  return `${JSON.stringify({ ...rest, rows: countRows(tally), ...tally, ...pace })}\n`;
}

/** The summary for people. */
export function renderSummary(summary: ImportSummary): string {
  const { collection, organization, file, dryRun, tally, resumedAt, seconds, rejectedFile } = summary;
  const verb = dryRun ? 'Tried, and changed nothing:' : 'Imported';
  const pace = `${formatSeconds(seconds)}, ${formatNumber(rowsPerSecond(summary))} rows/s`;
  const lines = (['created', 'updated', 'unchanged', 'refused'] as const).map((outcome) => {
    const where =
      outcome === 'refused' && rejectedFile !== null ? `  mend them in ${rejectedFile} and import that` : '';
    return `  ${outcome.padEnd(10)}${formatNumber(tally[outcome]).padStart(12)}${where}`;
  });
  const warnings = Object.entries(tally.warnings).map(([code, count]) => `  ${formatNumber(count)} × warning ${code}`);
  const resumed = resumedAt > 0 ? [`  ${formatNumber(resumedAt)} of them before it was cut off`] : [];
  const head = `${verb} ${file} as ${collection} of ${organization}: ${formatNumber(countRows(tally))} rows (${pace})`;
  return `${[head, ...resumed, ...lines, ...warnings].join('\n')}\n`;
}
