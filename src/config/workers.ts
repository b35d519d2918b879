import { availableParallelism } from 'node:os';
import type { DatabaseConfig } from './database.ts';
import { type Problems, complain } from './problems.ts';

const mostWorkers = 256;

/** What WORKERS and `--workers` must be. */
export const expectedWorkers = `a whole number from 1 to ${mostWorkers}, or auto`;

/** Whether the text says how many workers there are to be. */
export function isWorkers(text: string): boolean {
  return text === 'auto' || (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= mostWorkers);
}

/** WORKERS: how many processes serve, with `auto` one for each core. An embedded database is for one. */
export function readWorkers(value: string | undefined, database: DatabaseConfig['kind'], problems: Problems): number {
  if (!value) return 1;
  if (!isWorkers(value)) complain(problems, 'WORKERS', value, expectedWorkers);
  if (value === 'auto') return database === 'pglite' ? 1 : availableParallelism();
  const workers = Number(value);
  if (workers > 1 && database === 'pglite') {
    const expected = '1 or auto with an embedded database, which one process at a time uses: set DATABASE_URL for more';
    complain(problems, 'WORKERS', value, expected);
  }
  return workers;
}
