import type { Measure, Samples } from '../samples.ts';
import { type Target, type Verdict, findScore, judge, targets } from '../targets.ts';

const verdictTexts: Record<Verdict, string> = {
  aim: '★ aim',
  reach: '✓ reach',
  missed: '✗ missed',
  'not measured': '– not measured',
};

const head = ['what', 'gateway', 'yardstick', 'ratio', 'reach', 'aim', ''];

/** All targets with what was measured, as a Markdown table. */
export function createTable(samples: Samples): string {
  const rows = [head, ...targets.map((target) => createRow(target, samples))];
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => toLine(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))));
  return [lines[0], toLine(widths.map((width) => '-'.repeat(width))), ...lines.slice(1)].join('\n');
}

function createRow(target: Target, samples: Samples): readonly string[] {
  const { what, measure, yardstick } = target;
  const score = findScore(target, samples);
  return [
    what,
    formatFigure(measure, samples.median(measure)),
    yardstick ? `${yardstick.name}: ${formatFigure(yardstick.measure, samples.median(yardstick.measure))}` : '',
    yardstick && score !== undefined ? score.toFixed(2) : '',
    formatLimit(target, target.reach),
    formatLimit(target, target.aim),
    verdictTexts[judge(target, score)],
  ];
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The figure with its unit, which the name of what is measured ends with. */
function formatFigure(measure: Measure, figure: number | undefined): string {
  if (figure === undefined) return '–';
  const unit = measure.slice(measure.lastIndexOf(' ') + 1);
  const digits = figure >= 100 ? 0 : figure >= 10 ? 1 : 2;
  return unit.includes('/') ? `${figure.toFixed(digits)} /s` : `${figure.toFixed(digits)} ${unit}`;
}

function formatLimit({ better, measure, yardstick }: Target, limit: number): string {
  const sign = better === 'higher' ? '≥' : '≤';
  return yardstick ? `${sign} ${limit}` : `${sign} ${limit} ${measure.slice(measure.lastIndexOf(' ') + 1)}`;
}
