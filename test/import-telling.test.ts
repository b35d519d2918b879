import { describe, expect, it } from 'vitest';
import { describeProgress } from '../src/import/progress.ts';
import { renderSummary, renderSummaryJson } from '../src/import/summary.ts';
import { addResults, emptyTally } from '../src/import/tally.ts';
import { createWarning } from '../src/contract/warnings.ts';

const tally = { created: 300_000, updated: 20_000, unchanged: 0, refused: 5, warnings: { parent_ignored: 12 } };

describe('the progress of an import', () => {
  it('is a line with a bar, the pace, the time left and the outcomes', () => {
    const line = describeProgress({ tally, rows: 320_005, seconds: 32, bytes: 32_000, total: 100_000 });
    expect(line).toBe(
      '[######--------------] 32 %  320 005 rows  10 000 rows/s  1 min 8 s left  ' +
        '300 000 created · 20 000 updated · 0 unchanged · 5 refused',
    );
  });

  it('tells the time left by the pace of this run only', () => {
    const line = describeProgress({ tally, rows: 20_005, seconds: 2, bytes: 50_000, total: 100_000 });
    expect(line).toMatch('10 003 rows/s  32 s left');
  });

  it('tells neither share nor time left of what has no known length', () => {
    const line = describeProgress({ tally: emptyTally, rows: 0, seconds: 0, bytes: 0, total: undefined });
    expect(line).toBe('0 rows  0 rows/s  0 created · 0 updated · 0 unchanged · 0 refused');
  });
});

describe('the summary of an import', () => {
  const names = { collection: 'customers', organization: 'entity1', file: 'c.csv' };
  const summary = { ...names, dryRun: false, stopped: false, tally, resumedAt: 20_005, seconds: 30 };

  it('is a table for people', () => {
    expect(renderSummary({ ...summary, rejectedFile: 'c.rejected.csv' })).toBe(
      [
        'Imported c.csv as customers of entity1: 320 005 rows (30 s, 10 000 rows/s)',
        '  20 005 of them before it was cut off',
        '  created        300 000',
        '  updated         20 000',
        '  unchanged            0',
        '  refused              5  mend them in c.rejected.csv and import that',
        '  12 × warning parent_ignored',
        '',
      ].join('\n'),
    );
  });

  it('is a line of JSON for scripts', () => {
    expect(JSON.parse(renderSummaryJson({ ...summary, rejectedFile: null }))).toEqual({
      ...names,
      dryRun: false,
      stopped: false,
      resumedAt: 20_005,
      seconds: 30,
      rejectedFile: null,
      rows: 320_005,
      ...tally,
      rowsPerSecond: 10_000,
    });
  });
});

describe('the tally of an import', () => {
  it('counts each row once, and each of its warnings once', () => {
    const warnings = [createWarning('ambiguous_key', 'createdBy'), createWarning('ambiguous_key', 'parentCustomer')];
    expect(
      addResults(emptyTally, [
        { ok: true, outcome: 'created', warnings },
        { ok: true, outcome: 'unchanged', warnings: [] },
        { ok: false, errors: [] },
      ]),
    ).toEqual({ created: 1, updated: 0, unchanged: 1, refused: 1, warnings: { ambiguous_key: 1 } });
  });
});
