import { type Document, LineCounter, type Node, isMap, isNode, isScalar, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { organizationSchema } from './organization-schema.ts';
import { type OrganizationFile, maxTreeDepth } from './services/provisioning/organization-file.ts';

/** An organization file is refused. The message has a line for each problem: `file:line:column: key.path: what is wrong`. */
export class OrganizationFileError extends Error {
  override name = 'OrganizationFileError';
}

type Path = readonly PropertyKey[];

/** One thing wrong, `offset` characters into the text. */
type Problem = { readonly offset: number; readonly text: string };

function describePath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Where the value at `path` stands, or, when it is missing, what should contain it. */
function findOffset(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document.getIn(path.slice(0, length), true));
    if (offset !== undefined) return offset;
  }
  return 0;
}

function findKeyOffset(document: Document, path: Path, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  return offsetOf(pair?.key) ?? findOffset(document, path);
}

function findSyntaxProblems(document: Document): Problem[] {
  return [...document.errors, ...document.warnings].map((error) => ({ offset: error.pos[0], text: error.message }));
}

/** What is YAML, but not for this file: aliases, by which a small text grows without end, and nesting without end. */
function findShapeProblems(document: Document): Problem[] {
  const problems: Problem[] = [];
  const report = (node: Node, text: string) => {
    problems.push({ offset: offsetOf(node) ?? 0, text });
    return visit.SKIP;
  };
  visit(document, {
    Alias: (_, node) => report(node, 'aliases (*name) are not supported: write the value out'),
    Map: (_, node, ancestors) =>
      // One mapping around the tree, and one for each of its levels.
      ancestors.filter(isMap).length > maxTreeDepth
        ? report(node, `is more than ${maxTreeDepth} levels deep`)
        : undefined,
  });
  return problems;
}

function describeIssue(document: Document, issue: z.core.$ZodIssue): Problem[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      offset: findKeyOffset(document, path, key),
      text: `${describePath([...path, key])}: ${message}`,
    }));
  }
  return [{ offset: findOffset(document, path), text: [describePath(path), message].filter(Boolean).join(': ') }];
}

/**
 * The organization a YAML text describes. `fileName` is only for the messages. Throws an `OrganizationFileError` with
 * every problem found: first of the YAML, then, where that is sound, of what it says.
 */
export function parseOrganizationFile(text: string, fileName: string): OrganizationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core', version: '1.2' });
  const refuse = (problems: readonly Problem[]): never => {
    const sorted = problems.toSorted((a, b) => a.offset - b.offset);
    const described = sorted.map(({ offset, text: problem }) => {
      const { line, col } = lines.linePos(offset);
      return `${fileName}:${line}:${col}: ${problem}`;
    });
    throw new OrganizationFileError(described.join('\n'));
  };

  const syntaxProblems = findSyntaxProblems(document);
  if (syntaxProblems.length > 0) return refuse(syntaxProblems);
  const shapeProblems = findShapeProblems(document);
  if (shapeProblems.length > 0) return refuse(shapeProblems);
  const result = organizationSchema.safeParse(document.toJS());
  if (!result.success) return refuse(result.error.issues.flatMap((issue) => describeIssue(document, issue)));
  return result.data;
}
