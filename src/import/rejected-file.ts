import { type FileHandle, open, rm, stat, truncate } from 'node:fs/promises';

/** The file of refused rows: there is none until the first one. */
export class RejectedFile {
  readonly path: string;
  readonly #header: () => string;
  #file: FileHandle | undefined;
  #length = 0;

  constructor(path: string, header: () => string) {
    this.path = path;
    this.#header = header;
  }

  /** Its length in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Makes the file what it was at that length, 0 of an import that begins; what came after is forgotten. */
  async restore(length: number): Promise<void> {
    // Somebody may have shortened or removed it meanwhile.
    const size = await stat(this.path).then(
      (file) => file.size,
      () => 0,
    );
    this.#length = Math.min(size, length);
    if (this.#length > 0) await truncate(this.path, this.#length);
    else await rm(this.path, { force: true });
  }

  async append(rows: string): Promise<void> {
    if (rows === '') return;
    const text = this.#length === 0 ? this.#header() + rows : rows;
    this.#file ??= await open(this.path, 'a');
    await this.#file.appendFile(text);
    this.#length += Buffer.byteLength(text);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
