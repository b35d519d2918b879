import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { warningCatalogue } from '../contract/warnings.ts';
import { collectionNames } from './collection.ts';

const count = z.int().nonnegative();

const shape = z.strictObject({
  collection: z.enum(collectionNames),
  organization: z.string(),
  /** How many rows, from the first one on, have been dealt with, and the SHA-256 of their text. */
  rows: count,
  sha256: z.string(),
  rejectedLength: count,
  tally: z.strictObject({
    created: count,
    updated: count,
    unchanged: count,
    refused: count,
    warnings: z.partialRecord(z.enum(Object.keys(warningCatalogue)), count),
  }),
});

/** How far an import has come. */
export type Checkpoint = z.infer<typeof shape>;

/** The file that remembers how far an import has come while it is not finished. */
export class CheckpointFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** What is remembered, if anything. Throws an Error that names the file where that cannot be read. */
  async find(): Promise<Checkpoint | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    try {
      return shape.parse(JSON.parse(text));
    } catch {
      throw new Error(`${this.path} does not say how far the import has come: --restart begins again.`);
    }
  }

  /** Remembers it in place of what was remembered before, whole or not at all. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const draft = `${this.path}.new`;
    await writeFile(draft, `${JSON.stringify(checkpoint)}\n`);
    await rename(draft, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
