/** What became of a write, as far as its caller can know. */
export type Fate = 'acknowledged' | 'refused' | 'unknown';

/** What is written to a record: a number that grows with every new write of its reference. */
export type Write = { readonly reference: string; readonly value: number };

/** `isChange` where the answer says that the record was created or updated, and not that it was like that before. */
export type Verdict = { readonly fate: Fate; readonly isChange: boolean };

/** A record as the database has it; `value` is null where it holds nothing that was ever written whole. */
export type StoredRecord = { readonly reference: string; readonly value: number | null; readonly version: number };

/** A change as the feed has it. */
export type FeedEntry = { readonly reference: string; readonly version: number; readonly outcome: string };

type Filed = { readonly value: number; verdict: Verdict };

/** As a caller who was cut off sees it: what is under way may be done. */
const underWay: Verdict = { fate: 'unknown', isChange: false };

/**
 * Files every write as acknowledged, refused or unknown, and tells afterwards what of that a database contradicts. The
 * writes of one reference come one after the other.
 */
export class Ledger {
  readonly #writes = new Map<string, Filed[]>();
  readonly #counts: Record<Fate, number> = { acknowledged: 0, refused: 0, unknown: 0 };

  /** How many writes have ended in which way. */
  get counts(): Readonly<Record<Fate, number>> {
    return this.#counts;
  }

  /** A write of the next value, or of the same one again where nobody knows whether the last write was done. */
  begin(reference: string): Write {
    const writes = this.#writes.get(reference) ?? [];
    this.#writes.set(reference, writes);
    const last = writes.at(-1);
    const isRepeated = last?.verdict.fate === 'unknown' && last.value % 2 === 0;
    const value = (last?.value ?? 0) + (isRepeated ? 0 : 1);
    writes.push({ value, verdict: underWay });
    return { reference, value };
  }

  /** Files what became of the write of that reference that was begun last. */
  file({ reference }: Write, verdict: Verdict): void {
    const last = this.#writes.get(reference)?.at(-1);
    if (!last) throw new Error(`Nothing was written to ${reference}.`);
    last.verdict = verdict;
    this.#counts[verdict.fate] += 1;
  }

  /**
   * A sentence for everything that is wrong with the records. Each reference has one record, which holds what was
   * acknowledged last or an unknown write that was sent after it; nothing refused and nothing that nobody sent is there.
   */
  verifyRecords(records: readonly StoredRecord[]): string[] {
    const byReference = new Map<string, StoredRecord[]>();
    for (const record of records)
      byReference.set(record.reference, [...(byReference.get(record.reference) ?? []), record]);
    const foreign = records.filter(({ reference }) => !this.#writes.has(reference));
    return [
      ...foreign.map(({ reference }) => `foreign: nobody wrote ${reference}`),
      ...[...this.#writes].flatMap(([reference, writes]) =>
        judgeRecords(writes, byReference.get(reference) ?? []).map((complaint) => `${complaint} (${reference})`),
      ),
    ];
  }
}

function judgeRecords(writes: readonly Filed[], records: readonly StoredRecord[]): string[] {
  const [record] = records;
  const lastAcknowledged = writes.findLastIndex(({ verdict }) => verdict.fate === 'acknowledged');
  if (!record) return lastAcknowledged < 0 ? [] : [`lost: the record is not there, ${describe(writes)}`];
  const complaints = records.length > 1 ? [`doubled: there are ${records.length} records`] : [];
  return [
    ...complaints,
    ...judgeValue(writes, lastAcknowledged, record.value),
    ...judgeVersion(writes, record.version),
  ];
}

function judgeValue(writes: readonly Filed[], lastAcknowledged: number, value: number | null): string[] {
  const possible = writes.slice(Math.max(lastAcknowledged, 0)).filter(({ verdict }) => verdict.fate !== 'refused');
  if (possible.some((write) => write.value === value)) return [];
  const found = writes.filter((write) => write.value === value);
  const fates = new Set(found.map(({ verdict }) => verdict.fate));
  if (fates.has('acknowledged')) return [`lost: it holds ${value}, ${describe(writes)}`];
  if (fates.has('unknown')) return [`resurrected: it holds ${value} again, ${describe(writes)}`];
  if (fates.has('refused')) return [`refused, but stored: it holds ${value}`];
  return [`foreign: it holds ${value ?? 'what was never written whole'}`];
}

/** Every change raises the version by one, so it tells of writes that were done twice and of those that vanished in between. */
function judgeVersion(writes: readonly Filed[], version: number): string[] {
  const sure = writes.filter(({ verdict }) => verdict.isChange).length;
  const possible = sure + writes.filter(({ verdict }) => verdict.fate === 'unknown').length;
  if (version < sure) return [`lost: it has version ${version} after ${sure} acknowledged changes`];
  if (version > possible) return [`doubled: it has version ${version} after at most ${possible} changes`];
  return [];
}

function describe(writes: readonly Filed[]): string {
  const recent = writes.slice(-5).map(({ value, verdict }) => `${value} ${verdict.fate}`);
  return `written last: ${recent.join(', ')}`;
}

/**
 * A sentence for everything in which a feed contradicts the records: it has every version of every record once, in
 * order, from its creation to what it is now.
 */
export function verifyFeed(feed: readonly FeedEntry[], records: readonly StoredRecord[]): string[] {
  const complaints: string[] = [];
  const versions = new Map<string, number>();
  for (const { reference, version, outcome } of feed) {
    const expected = (versions.get(reference) ?? 0) + 1;
    if (version !== expected) complaints.push(`feed: ${reference} goes to version ${version} instead of ${expected}`);
    if ((outcome === 'created') !== (version === 1))
      complaints.push(`feed: ${reference} ${outcome} as version ${version}`);
    versions.set(reference, version);
  }
  for (const { reference, version } of records) {
    const last = versions.get(reference) ?? 0;
    if (last !== version) complaints.push(`feed: ${reference} ends at version ${last} instead of ${version}`);
    versions.delete(reference);
  }
  return [...complaints, ...[...versions.keys()].map((reference) => `feed: ${reference} has changes and no record`)];
}
