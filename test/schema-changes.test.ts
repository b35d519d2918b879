import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { printSchema } from '../src/graphql/print-schema.ts';
import { findBreakingChanges, findLatestRelease, readAnnouncements } from './support/schema-changes.ts';

const readRoot = (file: string) => readFileSync(path.resolve(import.meta.dirname, '..', file), 'utf8');
const changelog = readRoot('CHANGELOG.md');
const released = readRoot('schema.released.graphql');

describe('the schema since its last release', () => {
  it('breaks nothing that the changelog does not announce under [Unreleased], Breaking', async () => {
    const announced = readAnnouncements(changelog);
    const changes = await findBreakingChanges(released, printSchema());
    expect(changes.filter((change) => !announced.has(change.path))).toEqual([]);
  });

  it('is compared with that of the changelog’s latest release', () => {
    const [firstLine] = released.split('\n');
    expect(firstLine).toBe(`# Released with ${findLatestRelease(changelog) ?? 'nothing yet'}`);
  });
});

const before = `
  type Query { customer(id: ID!): Customer }
  type Customer { name: String! fax: String }
  input Change { name: String }
  enum Code { A B }
  union Result = Customer | Other
  type Other { id: ID }
`;

describe('a breaking change', () => {
  it.each([
    ['a field is taken away', 'Customer.fax', ' fax: String', ''],
    ['a field may become null', 'Customer.name', 'name: String! fax', 'name: String fax'],
    ['an argument is asked for', 'Query.customer.by', '(id: ID!)', '(id: ID!, by: Int!)'],
    ['an input is asked for', 'Change.reference', 'Change { name', 'Change { reference: ID! name'],
    ['an enum value is taken away', 'Code.B', 'A B', 'A'],
    ['a union loses a member', 'Result', ' | Other', ''],
  ])('is found where %s, and named %s', async (_what, place, from, to) => {
    const changes = await findBreakingChanges(before, before.replace(from, to));
    expect(changes.map((change) => change.path)).toEqual([place]);
  });

  it('is not what only adds', async () => {
    const after = before.replace('fax: String', 'fax: String email(short: Boolean): String').replace('A B', 'A B C');
    expect(await findBreakingChanges(before, after)).toEqual([]);
  });
});

describe('an announcement', () => {
  const text = [
    '# Changelog',
    '## [Unreleased]',
    '### Breaking',
    '- `Customer.fax` is gone; use `Customer.phone`.',
    '### Added',
    '- `Customer.email`',
    '## [1.0.0] - 2026-12-01',
    '### Breaking',
    '- `Customer.telex` is gone.',
  ].join('\n');

  it('is what stands in backticks under [Unreleased], Breaking, and nowhere else', () => {
    expect([...readAnnouncements(text)]).toEqual(['Customer.fax', 'Customer.phone']);
    expect([...readAnnouncements(text.replace('### Breaking', '### Changed'))]).toEqual([]);
  });

  it('belongs to the release after the latest one', () => {
    expect(findLatestRelease(text)).toBe('1.0.0');
    expect(findLatestRelease('# Changelog\n## [Unreleased]\n')).toBeUndefined();
  });
});
