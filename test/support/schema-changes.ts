import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

/** A change after which a client's operation may fail: where, and what it is. */
export type BreakingChange = { readonly path: string; readonly message: string };

/** All breaking changes from one schema to another, both printed. */
export async function findBreakingChanges(released: string, current: string): Promise<readonly BreakingChange[]> {
  const changes = await diff(buildSchema(released), buildSchema(current));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ path = 'schema', message }) => ({ path, message }));
}

/** The part of a Markdown text below a heading of some level, up to the next of that level or above. */
function readSection(text: string, level: number, title: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`${'#'.repeat(level)} ${title}`);
  if (start < 0) return '';
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => {
    const hashes = /^(#+) /.exec(line)?.[1]?.length ?? Infinity;
    return hashes <= level;
  });
  return rest.slice(0, end < 0 ? rest.length : end).join('\n');
}

/** What a changelog announces as breaking in the next release: everything in backticks below [Unreleased], Breaking. */
export function readAnnouncements(changelog: string): ReadonlySet<string> {
  const section = readSection(readSection(changelog, 2, '[Unreleased]'), 3, 'Breaking');
  return new Set([...section.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path));
}

/** The latest release of a changelog; undefined where there is none yet. */
export function findLatestRelease(changelog: string): string | undefined {
  return /^## \[(\d[^\]]*)\]/m.exec(changelog)?.[1];
}
