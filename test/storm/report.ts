import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { packageRoot } from '../../src/package-root.ts';
import { describeMachine } from '../support/machine.ts';

const page = fileURLToPath(new URL('docs/reliability.md', packageRoot));

/** The page with one section replaced, or with it at the end where it was not there; the others stay as they are. */
export function replaceSection(text: string, name: string, markdown: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const section = `${begin}\n\n${markdown.trim()}\n\n${end}`;
  const [before = '', rest] = text.split(begin);
  if (rest === undefined) return `${text.trimEnd()}\n\n${section}\n`;
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`The section ${name} has no end.`);
  return before + section + after;
}

/** Writes a section of docs/reliability.md; each suite writes its own, by its name. */
export async function writeSection(name: string, markdown: string): Promise<void> {
  const text = replaceSection(await readFile(page, 'utf8'), name, markdown);
  await writeFile(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
}

/** Prints a section, and writes it where nothing was wrong. */
export async function tellSection(name: string, markdown: string, isRight: boolean): Promise<void> {
  console.log(`\n${markdown}`);
  if (isRight) await writeSection(name, markdown);
}

/** When and where figures were taken, as the last line of a section. */
export function tellOccasion(): string {
  return `Last run on ${new Date().toISOString().slice(0, 10)}: ${describeMachine()}.`;
}
