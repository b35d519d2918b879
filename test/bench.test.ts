import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../bench/load/parse-answer.ts';
import { summarize } from '../bench/load/summarize.ts';
import { type StoredWrite, WriteLedger } from '../bench/load/write-ledger.ts';
import { withComment } from '../bench/photo.ts';
import { createChart } from '../bench/report/chart.ts';
import { createTable } from '../bench/report/table.ts';
import { Samples } from '../bench/samples.ts';
import { judge, targets } from '../bench/targets.ts';

function stored(value: number | null, version: number | null): ReadonlyMap<number, StoredWrite> {
  return new Map([[1, { value, version }]]);
}

/** A ledger of one customer, so that every write is to it. */
function openLedger(): WriteLedger {
  return new WriteLedger(1);
}

describe("the benchmark's ledger", () => {
  it('is content with the last acknowledged write and a version more for each', () => {
    const ledger = openLedger();
    ledger.acknowledge(ledger.begin());
    const last = ledger.begin();
    ledger.acknowledge(last);
    expect(() => ledger.verify(stored(null, 5), stored(last.value, 7))).not.toThrow();
  });

  it('notices an acknowledged write that is not there, or was overwritten by an earlier one', () => {
    const ledger = openLedger();
    const first = ledger.begin();
    ledger.acknowledge(first);
    const second = ledger.begin();
    ledger.acknowledge(second);
    expect(() => ledger.verify(stored(null, 1), stored(first.value, 3))).toThrow(`should hold ${second.value}`);
    expect(() => ledger.verify(stored(null, 1), stored(null, 3))).toThrow('nothing of that kind');
    expect(() => ledger.verify(stored(null, 1), new Map())).toThrow('nothing of that kind');
  });

  it('takes either of two writes that were under way together for the last', () => {
    const ledger = openLedger();
    const writes = [ledger.begin(), ledger.begin()];
    for (const write of writes) ledger.acknowledge(write);
    for (const { value } of writes) {
      expect(() => ledger.verify(stored(null, null), stored(value, null))).not.toThrow();
    }
  });

  it('notices a version that does not count every acknowledged change', () => {
    const ledger = openLedger();
    const write = ledger.begin();
    ledger.acknowledge(write);
    expect(() => ledger.verify(stored(null, 1), stored(write.value, 1))).toThrow('is 1 after 1 changes');
  });
});

describe("the benchmark's client", () => {
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

  it('reads an answer of a length or in chunks, once all of it is there', () => {
    const texts = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 4 });
    fc.assert(
      fc.property(texts, fc.boolean(), fc.integer({ min: 200, max: 599 }), (pieces, isChunked, status) => {
        const body = pieces.join('');
        const [header, bytes] = isChunked
          ? ['Transfer-Encoding: chunked', `${pieces.map(chunk).join('')}0\r\n\r\n`]
          : [`Content-Length: ${Buffer.byteLength(body)}`, body];
        const answer = Buffer.from(`HTTP/1.1 ${status} Any\r\nX: y\r\n${header}\r\n\r\n${bytes}`);
        expect(parseAnswer(answer)).toEqual({ status, body });
        expect(parseAnswer(answer.subarray(0, -1))).toBeUndefined();
      }),
    );
  });

  it('tells rates and latencies of what was answered', () => {
    const latencies = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(summarize(latencies, 10)).toEqual({ perSecond: 20, p50: 100, p99: 198 });
    expect(summarize([], 10)).toEqual({ perSecond: 0, p50: Infinity, p99: Infinity });
  });

  it('makes another file of the same picture', () => {
    const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xdb]);
    expect([...withComment(jpeg, 'hi')]).toEqual([0xff, 0xd8, 0xff, 0xfe, 0, 4, 104, 105, 0xff, 0xdb]);
  });
});

describe("the benchmark's report", () => {
  const createSamples = () => new Samples(() => undefined);

  it('divides the median of the rounds by that of the yardstick', () => {
    const samples = createSamples();
    for (const figure of [900, 100, 800]) samples.add('graphql upserts/s', figure);
    for (const figure of [1_200, 800]) samples.add('pgbench rows/s', figure);
    const [, , row] = createTable(samples).split('\n');
    expect(row?.split('|').map((cell) => cell.trim())).toEqual([
      '',
      'GraphQL upserts, 20 fields selected',
      '800 /s',
      'pgbench, the function once a row: 1000 /s',
      '0.80',
      '≥ 0.7',
      '≥ 1',
      '✓ reach',
      '',
    ]);
  });

  it('judges what should be high and what should be low', () => {
    for (const target of targets) {
      const worse = target.better === 'higher' ? target.reach * 0.9 : target.reach * 1.1;
      expect([target.aim, target.reach, worse, undefined].map((score) => judge(target, score))).toEqual([
        'aim',
        'reach',
        'missed',
        'not measured',
      ]);
    }
  });

  it('draws every target, measured or not', () => {
    const samples = createSamples();
    samples.add('cold start s', 1.5);
    const chart = createChart(samples);
    for (const { what } of targets) expect(chart).toContain(`>${what}</text>`);
    expect(chart.match(/not measured/g)).toHaveLength(targets.length - 1);
    expect(chart).toContain('1.50 s</text>');
  });

  it('shows in the README the figures of bench/results.md, which say where they come from', () => {
    const [readme, results] = ['README.md', 'bench/results.md'].map((file) =>
      readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'),
    );
    const table = (text = '') =>
      /\| what .*\|\n(?:\|.*\|\n)+/.exec(text.slice(text.indexOf('<!-- bench -->') + 1))?.[0];
    expect(table(results)).toMatch(/GraphQL upserts/);
    expect(table(readme)).toBe(table(results));
    expect(results).toMatch(/cores .* Node .* PostgreSQL/);
  });
});
