import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** What a folder of src may import: other folders of src, and packages of the list below. */
const table: Record<string, { folders: readonly string[]; packages?: readonly string[] }> = {
  contract: { folders: [] },
  migrations: { folders: [], packages: ['kysely'] },
  images: { folders: ['contract', '.'], packages: ['sharp'] },
  storage: { folders: ['contract'], packages: ['@aws-sdk/'] },
  db: { folders: ['contract', 'migrations', '.'], packages: ['kysely', 'pg', '@electric-sql/pglite'] },
  services: { folders: ['contract', 'db', 'images', 'storage', '.'], packages: ['kysely'] },
  auth: { folders: ['contract', 'config', 'services', '.'], packages: ['jose', 'ipaddr.js'] },
  graphql: { folders: ['contract', 'auth', 'services', '.'] },
  rest: { folders: ['contract', 'graphql', 'http'] },
  telemetry: { folders: ['.'], packages: ['pino', 'prom-client', '@opentelemetry'] },
  import: { folders: ['contract', 'services', '.'] },
  http: { folders: ['contract', 'graphql', 'storage', 'telemetry', '.'] },
  config: { folders: ['contract'] },
  workers: { folders: ['contract', 'http', 'telemetry', '.'], packages: ['birpc'] },
};

/** Packages that only the folders naming them may import. */
const guarded = [
  'kysely',
  'pg',
  '@electric-sql/pglite',
  'kysely-pglite-dialect',
  'sharp',
  '@aws-sdk',
  'birpc',
  'jose',
  'ipaddr.js',
  'pino',
  'prom-client',
  '@opentelemetry',
];

function listSources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

/** The modules a file imports, statically, dynamically or as types. */
function listImports(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from\s+|import\s*\(\s*|^import\s+)'([^']+)'/gm)].map((match) => match[1] ?? '');
}

/** The folder of src a file lies in; '.' for those directly below it. */
function folderOf(file: string): string {
  const [top = '', folder = '', ...deeper] = file.split(path.sep);
  if (top !== 'src') return top;
  return deeper.length > 0 ? folder : '.';
}

function findViolations(folder: string): string[] {
  const rule = table[folder];
  if (!rule) return [`src/${folder} is not in the table`];
  const files = listSources(folder === 'migrations' ? folder : path.join('src', folder));
  return files.flatMap((file) =>
    listImports(file).flatMap((target) => {
      if (target.startsWith('.')) {
        const to = folderOf(path.join(path.dirname(file), target));
        return to === folder || rule.folders.includes(to) ? [] : [`${file} imports ${target}`];
      }
      const forbidden = guarded.some((name) => target === name || target.startsWith(`${name}/`));
      return !forbidden || (rule.packages ?? []).some((name) => target.startsWith(name))
        ? []
        : [`${file} imports ${target}`];
    }),
  );
}

const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it.each([...folders, 'migrations'])('%s imports only what lies below it', (folder) => {
  expect(findViolations(folder)).toEqual([]);
});

it('reads the environment in one file only', () => {
  const readers = listSources('src').filter((file) => /process\.env/.test(readFileSync(path.join(root, file), 'utf8')));
  expect(readers).toEqual([path.join('src', 'cli.ts')]);
});

/** The packages that loading a file loads, before anything of it runs. */
function listLoaded(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(path.join(root, file), 'utf8');
  const targets = [...text.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'/gm)].map(
    ([, to = '']) => to,
  );
  return targets.flatMap((to) => (to.startsWith('.') ? listLoaded(path.join(path.dirname(file), to), seen) : [to]));
}

it('loads no GraphQL before it is known to be production', () => {
  const packages = listLoaded(path.join('src', 'cli.ts')).filter((name) => !name.startsWith('node:'));
  expect(new Set(packages)).toEqual(new Set(['commander']));
});

it('loads no GraphQL into the primary of several workers, only what it logs by and talks to them by', () => {
  const packages = listLoaded(path.join('src', 'workers', 'primary.ts')).filter((name) => !name.startsWith('node:'));
  expect(new Set(packages)).toEqual(new Set(['birpc', 'pino']));
});

it('loads what traces and scrapes need only once somebody wants them', () => {
  const packages = listLoaded(path.join('src', 'main.ts'));
  expect(packages.filter((name) => name === 'prom-client' || name.startsWith('@opentelemetry/'))).toEqual([]);
  expect(listLoaded(path.join('src', 'telemetry', 'otlp.ts'))).toContain('@opentelemetry/api');
});

it('sees the imports it judges', () => {
  expect(listImports(path.join('src', 'images', 'render.ts'))).toContain('sharp');
  expect(listImports(path.join('src', 'db', 'postgres.ts'))).toContain('pg');
  expect(listLoaded(path.join('src', 'main.ts'))).toEqual(expect.arrayContaining(['graphql', 'graphql-yoga', 'pg']));
});
