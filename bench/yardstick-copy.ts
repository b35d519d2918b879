import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { locate } from './databases.ts';

/** Writes a CSV file of customers into the yardstick's tables, all at once. Throws where psql fails. */
export async function copyCustomers(url: string, file: string): Promise<void> {
  await using input = await open(file);
  const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', locate('bench/yardstick/copy.sql')];
  const psql = spawn('psql', [...options, url], { stdio: [input.fd, 'ignore', 'inherit'] });
  const [code] = (await once(psql, 'exit')) as [number | null];
  if (code !== 0) throw new Error('psql failed.');
}
