import { locate } from './databases.ts';
import { runNode } from './processes.ts';

const cli = locate('dist/src/cli.js');

/** Whether this version of the gateway imports files at all. */
export async function isImportThere(): Promise<boolean> {
  return /^ {2}import\b/m.test(await runNode([cli, '--help']));
}

/** Imports a CSV file of customers as a user would. Throws where the command fails. */
export async function importCustomers(url: string, file: string): Promise<void> {
  await runNode([cli, 'import', 'customers', file, '--organization', 'entity1'], { DATABASE_URL: url });
}
