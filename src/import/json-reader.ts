import { type Columns, describeUnknown, rejectedColumns } from './columns.ts';
import { type Draft, DraftReader } from './draft.ts';
import type { Row, RowReader } from './rows.ts';

/** The object a line holds; undefined where it holds anything else. */
function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a JSON object from each line (NDJSON); blank lines are nothing. */
export class JsonReader implements RowReader {
  readonly #columns: Columns;
  #line = 0;
  /** Of the last line: most lines have the same names. */
  #drafts: { readonly names: string; readonly reader: DraftReader } | undefined;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  read(block: string): readonly Row[] {
    return block
      .split('\n')
      .slice(0, -1)
      .flatMap((text) => {
        this.#line += 1;
        const content = text.trim() === '' ? undefined : this.#readLine(text);
        return content ? [{ line: this.#line, raw: `${text}\n`, content }] : [];
      });
  }

  end(): void {
    // Every line is a row of its own.
  }

  rejectedHeader(): string {
    return '';
  }

  renderRejected({ line, raw }: Row, reason: string): string {
    const object = parseObject(raw) ?? { text: raw.trimEnd() };
    const own = new Set<string>(rejectedColumns);
    const original = Object.entries(object).filter(([name]) => !own.has(name));
    return `${JSON.stringify(Object.fromEntries([['line', line], ['reason', reason], ...original]))}\n`;
  }

  #readLine(text: string): Draft | { readonly unreadable: string } {
    const object = parseObject(text);
    if (!object) return { unreadable: 'The line is no JSON object.' };
    const names = Object.keys(object);
    const unknown = names.filter((name) => !this.#columns.has(name));
    if (unknown.length > 0) {
      return { unreadable: `${unknown.map((name) => describeUnknown(name, this.#columns)).join('; ')}.` };
    }
    return this.#findDrafts(names).read(Object.values(object));
  }

  #findDrafts(names: readonly string[]): DraftReader {
    const key = names.join();
    if (this.#drafts?.names !== key) {
      const columns = names.flatMap((name) => this.#columns.get(name) ?? []);
      this.#drafts = { names: key, reader: new DraftReader(columns, 'clear') };
    }
    return this.#drafts.reader;
  }
}
