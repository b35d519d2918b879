import { createHash } from 'node:crypto';
import type { Actor } from '../actor.ts';
import type { UpsertDeps } from '../services/deps.ts';
import { type Batch, Flights, createBatch, splitBatches } from './batches.ts';
import { readBlocks } from './blocks.ts';
import type { Checkpoint, CheckpointFile } from './checkpoint.ts';
import { type CollectionName, type RowResult, collections } from './collection.ts';
import type { Draft } from './draft.ts';
import { Foresight } from './foresight.ts';
import type { RejectedFile } from './rejected-file.ts';
import { type Row, type RowReader, UnreadableFileError } from './rows.ts';
import { type Tally, addResults, countRows, emptyTally } from './tally.ts';

/** Measured: more only take memory. */
const mostUnderWay = 3;

export type ImportSettings = {
  readonly collection: CollectionName;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly reader: RowReader;
  readonly rejected: RejectedFile;
  /** Undefined where an import that is cut off cannot go on: from standard input, and in a dry run. */
  readonly checkpoint: CheckpointFile | undefined;
  /** Tells what would happen and changes nothing. */
  readonly dryRun: boolean;
  /** Forgets how far an earlier import of the file has come. */
  readonly restart: boolean;
  /** Ends the import after what is under way. */
  readonly stop: AbortSignal;
  /** Called with every batch that is done, and once before the first. */
  readonly onProgress: (tally: Tally) => void;
};

/** `resumedAt` is how many rows an earlier run had dealt with; they are part of the tally. */
export type ImportReport = { readonly tally: Tally; readonly resumedAt: number; readonly isStopped: boolean };

function isDraft(content: Row['content']): content is Draft {
  return 'input' in content;
}

function describeErrors(result: Extract<RowResult, { ok: false }>): string {
  return result.failure ?? result.errors.map(({ message }) => message).join('; ');
}

/** One import of one file, row by row in the order of the file. */
class ImportRun {
  readonly #deps: UpsertDeps;
  readonly #actor: Actor;
  readonly #settings: ImportSettings;
  readonly #foresight: Foresight | undefined;
  /** Of the text of all rows that have been dealt with. */
  readonly #hash = createHash('sha256');
  #tally: Tally = emptyTally;

  constructor(deps: UpsertDeps, actor: Actor, settings: ImportSettings) {
    this.#deps = deps;
    this.#actor = actor;
    this.#settings = settings;
    this.#foresight = settings.dryRun ? new Foresight(collections[settings.collection]) : undefined;
  }

  async run(): Promise<ImportReport> {
    const { rejected, checkpoint, stop, onProgress } = this.#settings;
    const last = await this.#findCheckpoint();
    await rejected.restore(last?.rejectedLength ?? 0);
    this.#tally = last?.tally ?? emptyTally;
    onProgress(this.#tally);
    const flights = new Flights(
      mostUnderWay,
      (batch) => this.#send(batch),
      (batch, results) => this.#land(batch, results),
    );
    try {
      await this.#sendAll(flights, last);
    } finally {
      await flights.settle();
      await rejected.close();
    }
    if (!stop.aborted) await checkpoint?.remove();
    return { tally: this.#tally, resumedAt: last?.rows ?? 0, isStopped: stop.aborted };
  }

  /** Whatever ends it, what is done is remembered up to the first batch that failed. */
  async #sendAll(flights: Flights<readonly RowResult[]>, last: Checkpoint | undefined): Promise<void> {
    const { tiesOf } = collections[this.#settings.collection];
    const none = { needs: [], claims: [] };
    try {
      for await (const rows of this.#readBatches(last)) {
        if (this.#settings.stop.aborted) break;
        await flights.send(createBatch(rows, ({ content }) => (isDraft(content) ? tiesOf(content) : none)));
      }
    } finally {
      await flights.landAll();
    }
  }

  async #findCheckpoint(): Promise<Checkpoint | undefined> {
    const { checkpoint, collection, restart } = this.#settings;
    if (restart) await checkpoint?.remove();
    const last = await checkpoint?.find();
    const organization = this.#actor.organization.name;
    if (!last || (last.collection === collection && last.organization === organization)) return last;
    throw new Error(
      `An import of this file as ${last.collection} of ${last.organization} is not finished: --restart forgets it.`,
    );
  }

  /** Where the file cannot be read on, what came before is still sent. */
  async *#readBatches(last: Checkpoint | undefined): AsyncGenerator<readonly Row[], void> {
    let waiting: readonly Row[] = [];
    try {
      for await (const rows of this.#skip(last)) {
        const { batches, left } = splitBatches(waiting.length > 0 ? [...waiting, ...rows] : rows);
        waiting = left;
        yield* batches;
      }
    } catch (error) {
      if (waiting.length > 0) yield waiting;
      throw error;
    }
    if (waiting.length > 0) yield waiting;
  }

  async *#readRows(): AsyncGenerator<readonly Row[]> {
    const { bytes, reader } = this.#settings;
    for await (const block of readBlocks(bytes)) yield reader.read(block);
    reader.end();
  }

  /** The rows after those that have been dealt with. Throws where these are not what they were. */
  async *#skip(last: Checkpoint | undefined): AsyncGenerator<readonly Row[]> {
    let left = last?.rows ?? 0;
    for await (const rows of this.#readRows()) {
      const known = left > 0 ? rows.slice(0, left) : [];
      this.#addToHash(known);
      left -= known.length;
      if (left === 0 && known.length > 0) this.#requireSameText(last);
      if (known.length < rows.length) yield known.length > 0 ? rows.slice(known.length) : rows;
    }
    if (left > 0) this.#requireSameText(last);
  }

  #requireSameText(last: Checkpoint | undefined): void {
    if (this.#digest() === last?.sha256) return;
    throw new UnreadableFileError(
      `The first ${last?.rows ?? 0} rows, which are imported, have changed since: --restart begins again.`,
    );
  }

  #addToHash(rows: readonly Row[]): void {
    this.#hash.update(rows.map(({ raw }) => raw).join(''));
  }

  #digest(): string {
    return this.#hash.copy().digest('hex');
  }

  async #send({ rows }: Batch): Promise<readonly RowResult[]> {
    const { upsert, preview } = collections[this.#settings.collection];
    const drafts = rows.flatMap(({ content }) => (isDraft(content) ? [content] : []));
    const send = this.#settings.dryRun ? preview : upsert;
    return drafts.length > 0 ? send(this.#deps, this.#actor, drafts) : [];
  }

  async #land({ rows }: Batch, answers: readonly RowResult[]): Promise<void> {
    const { rejected, checkpoint, collection, onProgress } = this.#settings;
    const next = answers.values();
    const results: RowResult[] = [];
    let refused = '';
    for (const row of rows) {
      const { content } = row;
      const { result, reason } = isDraft(content)
        ? this.#judge(content, next.next().value)
        : { result: { ok: false, errors: [] } as const, reason: content.unreadable };
      results.push(result);
      if (!result.ok) refused += this.#settings.reader.renderRejected(row, reason);
    }
    await rejected.append(refused);
    this.#tally = addResults(this.#tally, results);
    this.#addToHash(rows);
    await checkpoint?.save({
      collection,
      organization: this.#actor.organization.name,
      rows: countRows(this.#tally),
      sha256: this.#digest(),
      rejectedLength: rejected.length,
      tally: this.#tally,
    });
    onProgress(this.#tally);
  }

  #judge(draft: Draft, answer: RowResult | undefined): { readonly result: RowResult; readonly reason: string } {
    if (!answer) throw new Error('A row was left without a result.');
    const result = this.#foresight?.correct(draft, answer) ?? answer;
    return { result, reason: result.ok ? '' : describeErrors(result) };
  }
}

/**
 * Upserts every row of a file, in effect one after another in the order of the file, in constant memory. What is wrong with
 * a row goes to the file of refused rows. An import that was cut off, even by a kill, goes on where it was.
 * Throws an `UnreadableFileError` where the file cannot be read on, and what reading, the database and the disk throw: what was
 * done until then stays done, and is remembered.
 */
export function importRows(deps: UpsertDeps, actor: Actor, settings: ImportSettings): Promise<ImportReport> {
  return new ImportRun(deps, actor, settings).run();
}
