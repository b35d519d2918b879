import { type Tally, countRows } from './tally.ts';

/** How far an import is; `total` is unknown where the file's length is. */
export type Progress = {
  readonly tally: Tally;
  /** Rows of this run only, and how long they have taken, in seconds. */
  readonly rows: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly total: number | undefined;
};

const barWidth = 20;

/** A number as people read it: `1 000 000`. */
export function formatNumber(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Seconds as `45 s`, `2 min 5 s` or `1 h 20 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function describeShare(bytes: number, total: number): string {
  const share = Math.min(bytes / total, 1);
  const filled = Math.floor(share * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${Math.floor(share * 100)} %  `;
}

/** One line that tells how far an import is, at what pace, and how long it will still take. */
export function describeProgress({ tally, rows, seconds, bytes, total }: Progress): string {
  const rate = seconds > 0 ? rows / seconds : 0;
  const done = countRows(tally);
  const left = total !== undefined && bytes > 0 && rate > 0 ? ((total / bytes - 1) * done) / rate : undefined;
  const outcomes = (['created', 'updated', 'unchanged', 'refused'] as const).map(
    (outcome) => `${formatNumber(tally[outcome])} ${outcome}`,
  );
  return [
    `${total ? describeShare(bytes, total) : ''}${formatNumber(done)} rows`,
    `${formatNumber(rate)} rows/s`,
    ...(left === undefined ? [] : [`${formatSeconds(Math.max(left, 0))} left`]),
    outcomes.join(' · '),
  ].join('  ');
}
