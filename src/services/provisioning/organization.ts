import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { OrganizationFile } from './organization-file.ts';

/** An organization's row. */
export type OrganizationRow = {
  readonly id: number;
  readonly name: string;
  readonly folder: string;
  readonly currency: string;
  readonly currencies: readonly string[];
  readonly geographical_locations: boolean;
  readonly region_level: number;
};

/**
 * The organization of this name, if there is one, locked as a change of hierarchy locks it (ruling 35). Until the transaction
 * ends, nobody else creates an organization either.
 */
export async function lockOrganization(trx: Database, name: string): Promise<OrganizationRow | undefined> {
  await sql`lock table organizations in share row exclusive mode`.execute(trx);
  return trx
    .selectFrom('organizations')
    .select(['id', 'name', 'folder', 'currency', 'currencies', 'geographical_locations', 'region_level'])
    .where('name', '=', name)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** The name as part of a file name: ASCII letters, digits, dots, dashes and underscores, no dot or dash in front. */
export function cleanFolderName(name: string): string {
  const cleaned = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
    .slice(0, 100);
  return cleaned || 'organization';
}

/** A folder no organization has, not even where case makes no difference (ruling 39). */
async function createFolderName(trx: Database, name: string, now: Date): Promise<string> {
  const cleaned = cleanFolderName(name);
  for (let millis = now.getTime(); ; millis += 1) {
    const folder = `${cleaned}-${millis}`;
    const taken = await trx
      .selectFrom('organizations')
      .select('id')
      .where((eb) => eb(eb.fn<string>('lower', ['folder']), '=', folder.toLowerCase()))
      .executeTakeFirst();
    if (!taken) return folder;
  }
}

/** Why the organization cannot do without the currencies that the file no longer lists. */
export async function findCurrencyProblems(
  trx: Database,
  existing: OrganizationRow,
  file: OrganizationFile,
): Promise<string[]> {
  const removed = existing.currencies.filter((currency) => !file.currencies.includes(currency));
  if (removed.length === 0) return [];
  const used = await trx
    .selectFrom('customers')
    .select((eb) => ['currency', eb.fn.countAll<number>().as('customers')])
    .where('organization_id', '=', existing.id)
    .where('currency', 'in', removed)
    .groupBy('currency')
    .orderBy('currency')
    .execute();
  return used.map(
    ({ currency, customers }) => `currency ${currency} is not in the list, but is that of ${customers} customer(s).`,
  );
}

/** Creates the organization, or brings its settings to what the file says. Its folder never changes. */
export async function writeOrganization(
  trx: Database,
  existing: OrganizationRow | undefined,
  file: OrganizationFile,
  now: Date,
): Promise<{ id: number; folder: string; outcome: 'created' | 'updated' | 'unchanged' }> {
  const settings = {
    currency: file.currency,
    currencies: [...file.currencies],
    geographical_locations: file.geographicalLocations.enabled,
    region_level: file.geographicalLocations.level,
  };
  if (!existing) {
    const folder = await createFolderName(trx, file.name, now);
    const { id } = await trx
      .insertInto('organizations')
      .values({ name: file.name, folder, ...settings })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, folder, outcome: 'created' };
  }
  const { id, folder } = existing;
  const same =
    existing.currency === settings.currency &&
    existing.currencies.join() === settings.currencies.join() &&
    existing.geographical_locations === settings.geographical_locations &&
    existing.region_level === settings.region_level;
  if (same) return { id, folder, outcome: 'unchanged' };
  await trx.updateTable('organizations').set(settings).where('id', '=', id).execute();
  return { id, folder, outcome: 'updated' };
}
