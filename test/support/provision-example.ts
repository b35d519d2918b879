import { readFile } from 'node:fs/promises';
import { type DatabaseSettings, openDatabase } from '../../src/db/client.ts';
import { parseOrganizationFile } from '../../src/provision-file.ts';
import { provision } from '../../src/services/provisioning.ts';

/** Provisions the example organization in a migrated database. */
export async function provisionExample(settings: DatabaseSettings): Promise<void> {
  await using database = await openDatabase(settings);
  const file = parseOrganizationFile(await readFile('examples/entity1.yaml', 'utf8'), 'entity1.yaml');
  await provision(database.db, file, new Date());
}
