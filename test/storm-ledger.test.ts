import { describe, expect, it } from 'vitest';
import { type Fate, type FeedEntry, Ledger, type StoredRecord, verifyFeed } from './storm/ledger.ts';
import { replaceSection } from './storm/report.ts';

/** A ledger of one record, whose writes ended like this, one after the other. */
function file(...fates: readonly Fate[]): Ledger {
  const ledger = new Ledger();
  for (const fate of fates) ledger.file(ledger.begin('a'), { fate, isChange: fate === 'acknowledged' });
  return ledger;
}

function stored(value: number | null, version = value ?? 1, reference = 'a'): StoredRecord {
  return { reference, value, version };
}

describe("the storm's ledger", () => {
  it('is content with what was acknowledged last, or with an unknown write after it', () => {
    expect(file('acknowledged', 'acknowledged').verifyRecords([stored(2)])).toEqual([]);
    const doubtful = file('acknowledged', 'unknown', 'refused');
    expect(doubtful.verifyRecords([stored(1)])).toEqual([]);
    expect(doubtful.verifyRecords([stored(2)])).toEqual([]);
    expect(file('unknown').verifyRecords([])).toEqual([]);
    expect(file('unknown').verifyRecords([stored(1)])).toEqual([]);
    expect(file('refused').verifyRecords([])).toEqual([]);
  });

  it.each([
    ['a record that is gone', file('acknowledged'), []],
    ['an acknowledged write that is not there', file('acknowledged', 'acknowledged'), [stored(1, 2)]],
    ['an acknowledged change that nothing tells of', file('acknowledged', 'acknowledged'), [stored(2, 1)]],
  ])('reports %s as lost', (_, ledger, records) => {
    expect(ledger.verifyRecords(records)).toEqual([expect.stringMatching(/^lost: .*\(a\)$/)]);
  });

  it('reports two records of one reference, and a write done twice, as doubled', () => {
    expect(file('acknowledged').verifyRecords([stored(1), stored(1)])).toEqual([
      expect.stringMatching(/^doubled: there are 2/),
    ]);
    expect(file('acknowledged').verifyRecords([stored(1, 2)])).toEqual([
      expect.stringMatching(/^doubled: .*version 2/),
    ]);
  });

  it('reports an unknown write that comes back after a later one was acknowledged', () => {
    const ledger = file('acknowledged', 'acknowledged', 'unknown', 'refused', 'acknowledged');
    expect(ledger.verifyRecords([stored(3, 4)])).toEqual([expect.stringMatching(/^resurrected: it holds 3 again/)]);
  });

  it('reports a refused write that is stored', () => {
    expect(file('acknowledged', 'refused').verifyRecords([stored(2, 1)])).toEqual([
      expect.stringMatching(/^refused, but stored: it holds 2/),
    ]);
    expect(file('refused').verifyRecords([stored(1, 0)])).toEqual([expect.stringMatching(/^refused, but stored/)]);
  });

  it('reports records and values that nobody wrote, and halves of them', () => {
    const ledger = file('acknowledged');
    expect(ledger.verifyRecords([stored(1), stored(1, 1, 'b')])).toEqual(['foreign: nobody wrote b']);
    expect(ledger.verifyRecords([stored(9, 1)])).toEqual([expect.stringMatching(/^foreign: it holds 9/)]);
    expect(ledger.verifyRecords([stored(null)])).toEqual([expect.stringMatching(/^foreign: .*never written whole/)]);
  });

  it('repeats every other write that nobody knows of, and counts each', () => {
    const ledger = file('acknowledged', 'unknown');
    expect(ledger.begin('a').value).toBe(2);
    expect(file('unknown').begin('a').value).toBe(2);
    expect(file('acknowledged', 'refused').begin('a').value).toBe(3);
    expect(ledger.counts).toEqual({ acknowledged: 1, refused: 0, unknown: 1 });
  });
});

describe("the storm's check of the feed", () => {
  const feed = (...versions: readonly number[]): FeedEntry[] =>
    versions.map((version) => ({ reference: 'a', version, outcome: version === 1 ? 'created' : 'updated' }));

  it('is content with every version once, in order', () => {
    expect(verifyFeed(feed(1, 2, 3), [stored(7, 3)])).toEqual([]);
  });

  it.each([
    ['a gap', feed(1, 3), 3, /goes to version 3 instead of 2/],
    ['a change twice', feed(1, 1), 1, /goes to version 1 instead of 2/],
    ['an order that is not that of the changes', feed(2, 1), 2, /goes to version 2 instead of 1/],
    ['an end before the record', feed(1), 2, /ends at version 1 instead of 2/],
    ['a creation that was none', [{ reference: 'a', version: 1, outcome: 'updated' }], 1, /updated as version 1/],
  ])('reports %s', (_, changes, version, complaint) => {
    expect(verifyFeed(changes, [stored(1, version)])).toContainEqual(expect.stringMatching(complaint));
  });

  it('reports changes of records that are not there', () => {
    expect(verifyFeed(feed(1), [])).toEqual(['feed: a has changes and no record']);
  });
});

describe('the page of figures', () => {
  const page = '# Page\n\n<!-- other -->\n\nkept\n\n<!-- /other -->\n';

  it('gets a new section at its end, and an old one replaced, the others left as they are', () => {
    const first = replaceSection(page, 'storm', 'one');
    expect(first).toBe(`${page}\n<!-- storm -->\n\none\n\n<!-- /storm -->\n`);
    expect(replaceSection(first, 'storm', 'two')).toBe(first.replace('one', 'two'));
    expect(replaceSection(first, 'other', 'new')).toBe(first.replace('kept', 'new'));
  });
});
