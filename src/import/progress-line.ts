/** How often it is told how far an import is, in milliseconds: in a terminal, and where every line stays. */
const everyMillis = { terminal: 250, log: 5_000 };

/** Writes a line that is told again and again: in place in a terminal of `width` columns, elsewhere one below the other. */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #width: () => number | undefined;
  readonly #describe: () => string;
  readonly #timer: NodeJS.Timeout;

  constructor(write: (text: string) => void, width: () => number | undefined, describe: () => string) {
    this.#write = write;
    this.#width = width;
    this.#describe = describe;
    const interval = width() === undefined ? everyMillis.log : everyMillis.terminal;
    this.#timer = setInterval(() => this.#tell(), interval);
  }

  /** Ends it; in a terminal the line is gone then. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#width() !== undefined) this.#write('\r\x1b[K');
  }

  #tell(): void {
    const width = this.#width();
    const line = this.#describe();
    this.#write(width === undefined ? `${line}\n` : `\r${line.slice(0, width - 1)}\x1b[K`);
  }
}
