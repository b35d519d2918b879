import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowSplitter, renderCell } from '../src/import/delimited.ts';

type Row = { readonly cells: readonly string[]; readonly isBroken: boolean };

function splitAll(text: string, delimiter: string): Row[] {
  const splitter = new RowSplitter(text, delimiter);
  const rows: Row[] = [];
  for (let start = 0; start < text.length;) {
    const split = splitter.split(start);
    if (!split) break;
    rows.push({ cells: split.cells, isBroken: split.isBroken });
    start = split.end;
  }
  return rows;
}

const delimiters = fc.constantFrom(',', ';', '\t');
const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\t', '\n', '\r', ' ') }),
  fc.string(),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });

describe('RowSplitter', () => {
  it('reads back any table that was written, with either line end', () => {
    fc.assert(
      fc.property(table, delimiters, fc.constantFrom('\n', '\r\n'), (rows, delimiter, lineEnd) => {
        const lines = rows.map((cells) => cells.map((each) => renderCell(each, delimiter)).join(delimiter) + lineEnd);
        expect(splitAll(lines.join(''), delimiter)).toEqual(rows.map((cells) => ({ cells, isBroken: false })));
      }),
    );
  });

  it('reads any text of whole lines without losing a character of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r') }), (text) => {
        const whole = `${text}\n`;
        const splitter = new RowSplitter(whole, ',');
        let start = 0;
        for (let split = splitter.split(0); split; split = start < whole.length ? splitter.split(start) : undefined) {
          expect(split.end).toBeGreaterThan(start);
          start = split.end;
        }
        const rest = whole.slice(start);
        expect(rest === '' || rest.includes('"')).toBe(true);
      }),
    );
  });

  it.each([
    ['a,b,\n', ['a', 'b', '']],
    ['5" pipe,"say ""hi"""\r\n', ['5" pipe', 'say "hi"']],
    ['"two\nlines",x\n', ['two\nlines', 'x']],
    [',\n', ['', '']],
    ['""\n', ['']],
  ])('splits %j', (text, cells) => {
    expect(splitAll(text, ',')).toEqual([{ cells, isBroken: false }]);
  });

  it('marks a row in which something follows a closing quote, and reads the next', () => {
    expect(splitAll('a,"5" pipe",b\nc,d,e\n', ',')).toEqual([
      { cells: ['a', '"5" pipe",b'], isBroken: true },
      { cells: ['c', 'd', 'e'], isBroken: false },
    ]);
  });

  it('answers nothing for a row whose quotes are not closed', () => {
    expect(new RowSplitter('a,"b\nc,d\n', ',').split(0)).toBeUndefined();
  });

  // One that takes quadratic time does not end before the test's time limit.
  it('takes linear time for a text without delimiters', () => {
    const lines = 300_000;
    expect(splitAll('reference\n'.repeat(lines), ',')).toHaveLength(lines);
  });
});
