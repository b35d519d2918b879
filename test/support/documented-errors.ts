import { readFile } from 'node:fs/promises';

/** Whether an error is one that `docs/errors.md` tells of, with a status that it tells of. */
export type IsDocumented = (code: string, text: string, status: number) => boolean;

type Section = { readonly status: number; readonly graphql: boolean; readonly sentences: readonly RegExp[] };

function toPattern(sentence: string): RegExp {
  return new RegExp(`^${sentence.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '.*')}$`, 's');
}

function readSection(text: string): readonly [string, Section] {
  const [code = '', ...lines] = text.split('\n');
  const [, status = ''] = /REST (\d{3})/.exec(text) ?? [];
  const sentences = lines.filter((line) => line.startsWith('- ')).map((line) => toPattern(line.slice(2)));
  return [code.trim(), { status: Number(status), graphql: text.includes('GraphQL `'), sentences }];
}

/** The codes and statuses of the table of requests that are none. */
function readOwnCodes(page: string): ReadonlySet<string> {
  return new Set(Array.from(page.matchAll(/^\| (\d{3}) +\| `(\w+)`/gm), ([, status, code]) => `${status} ${code}`));
}

/**
 * Reads the page of errors. An error is in it by its code, in capitals or not, its sentence and its status; as data of an upsert
 * it comes with 200, where the page gives it a name in GraphQL. GraphQL's own errors have no sentences there.
 */
export async function readDocumentedErrors(): Promise<IsDocumented> {
  const page = await readFile('docs/errors.md', 'utf8');
  const sections = new Map(page.split(/^##? /m).slice(1).map(readSection));
  const ownCodes = readOwnCodes(page);
  return (code, text, status) => {
    if (ownCodes.has(`${status} ${code}`)) return true;
    const section = sections.get(code.toLowerCase());
    if (!section?.sentences.some((sentence) => sentence.test(text))) return false;
    return section.status === status || (status === 200 && section.graphql && code === code.toUpperCase());
  };
}
