import { locate } from './databases.ts';
import { runNode } from './processes.ts';

const cli = locate('dist/cli.js');

/** Imports a CSV file of customers as a user would. Throws where the command fails. */
export async function importCustomers(url: string, file: string): Promise<void> {
  await runNode([cli, 'import', 'customers', file, '--organization', 'entity1'], { DATABASE_URL: url });
}
