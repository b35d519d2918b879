import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { packageRoot } from '../../../src/package-root.ts';

const page = fileURLToPath(new URL('docs/reliability.md', packageRoot));

/** Prints a section, and puts it into docs/reliability.md where that has a place for it. */
export async function tellSection(name: string, markdown: string): Promise<void> {
  console.log(`\n${markdown}`);
  if (!existsSync(page)) return;
  const text = await readFile(page, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) return;
  const replaced = `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`;
  await writeFile(page, await format(replaced, { ...(await resolveConfig(page)), filepath: page }));
}
