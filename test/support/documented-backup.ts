import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const page = path.resolve(import.meta.dirname, '../../docs/operations.md');

/** The blocks of commands under a heading of docs/operations.md, as they are printed. */
async function readBlocks(heading: string): Promise<readonly string[]> {
  const text = await readFile(page, 'utf8');
  const [, section = ''] = text.split(`\n### ${heading}\n`);
  const [own = ''] = section.split('\n### ');
  return [...own.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = '']) => commands);
}

/** The commands for PostgreSQL. Throws where the page has others, which nothing would try. */
export async function readServerBackup() {
  const [back, fromFolder, fromBucket, restore, toFolder, toBucket, ...others] = await readBlocks('PostgreSQL');
  if (!back || !fromFolder || !fromBucket || !restore || !toFolder || !toBucket || others.length > 0)
    throw new Error('docs/operations.md has other commands for PostgreSQL than these tests try.');
  return { back, fromFolder, fromBucket, restore, toFolder, toBucket };
}

/** The commands for the embedded database. Throws where the page has others. */
export async function readEmbeddedBackup() {
  const [back, restore, ...others] = await readBlocks('The embedded database');
  if (!back || !restore || others.length > 0)
    throw new Error('docs/operations.md has other commands for the embedded database than these tests try.');
  return { back, restore };
}

/** Runs printed commands in a folder, to the first that fails, and answers what they print. Throws what they complain of. */
export async function runPrinted(
  commands: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-euc', commands], { cwd, env: { ...process.env, ...env } });
  return stdout;
}
