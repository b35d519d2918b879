import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const programs = ['initdb', 'postgres', 'pg_dump', 'pg_restore'];
const run = promisify(execFile);

/** The versions that Debian and its like have installed, the newest first. */
function listInstalled(): string[] {
  const parent = '/usr/lib/postgresql';
  const versions = existsSync(parent) ? readdirSync(parent) : [];
  return versions.sort((one, other) => Number(other) - Number(one)).map((version) => path.join(parent, version, 'bin'));
}

/**
 * The folder of a PostgreSQL server with its `pg_dump`, which are of one version there: POSTGRESQL_BIN, or what is installed.
 * Throws, saying how to get it.
 */
export function requirePostgresPrograms(
  env: NodeJS.ProcessEnv = process.env,
  places: readonly string[] = listInstalled(),
): string {
  const { POSTGRESQL_BIN: chosen } = env;
  const hasAll = (folder: string) => programs.every((program) => existsSync(path.join(folder, program)));
  const found = (chosen ? [chosen] : places).find(hasAll);
  if (found !== undefined) return found;
  const where = chosen ? `in POSTGRESQL_BIN, ${chosen}` : 'below /usr/lib/postgresql';
  throw new Error(
    `There is no ${programs.join(', ')} ${where}: apt-get install postgresql, or set POSTGRESQL_BIN to their folder.`,
  );
}

/** Throws where a program that the printed commands call is missing. */
export async function requireProgram(name: string): Promise<void> {
  await run(name, ['--version']).catch((error: unknown) => {
    throw new Error(`There is no ${name}: apt-get install ${name === 'aws' ? 'awscli' : name}.`, { cause: error });
  });
}
