import { enterOrganization, outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import {
  type CategoryRow,
  type Item,
  type Matches,
  type RecordRow,
  type RegionRow,
  flattenTree,
  matchCategories,
  matchRecords,
  matchRegions,
} from './provisioning/match.ts';
import type { OrganizationFile, ReferenceEntry } from './provisioning/organization-file.ts';
import { findCurrencyProblems, lockOrganization, writeOrganization } from './provisioning/organization.ts';
import {
  type Counts,
  type ProvisionedTable,
  type Values,
  lockTables,
  numberItems,
  readRows,
  tables,
  writeRows,
} from './provisioning/tables.ts';

export type { OrganizationFile } from './provisioning/organization-file.ts';

/** What applying a file did. */
export type ProvisionReport = {
  readonly organization: {
    readonly id: number;
    readonly name: string;
    readonly folder: string;
    readonly outcome: 'created' | 'updated' | 'unchanged';
  };
  readonly counts: Readonly<Record<keyof typeof tables, Counts>>;
};

/** A file contradicts what the organization has. The message has a line for each contradiction. */
export class ProvisionError extends Error {
  override name = 'ProvisionError';
}

/** The entries of one kind, the records they speak of, and what is to be kept of each. */
type Plan<Entry> = {
  readonly table: ProvisionedTable;
  readonly items: readonly Item<Entry>[];
  readonly rows: readonly ({ readonly id: number } | undefined)[];
  readonly problems: readonly string[];
  readonly toValues: (item: Item<Entry>, parentId: number | null) => Values;
};

type Keyed = { readonly id?: number | undefined };

async function createPlans(trx: Database, organizationId: number | undefined, file: OrganizationFile) {
  const read = async <Row>(table: ProvisionedTable): Promise<Row[]> =>
    organizationId === undefined ? [] : readRows<Row>(trx, organizationId, table);
  const plan = <Entry, Row extends { readonly id: number }>(
    table: ProvisionedTable,
    items: readonly Item<Entry>[],
    { rows, problems }: Matches<Row>,
    toValues: Plan<Entry>['toValues'],
  ): Plan<Entry> => ({ table, items, rows, problems, toValues });
  const records = async (noun: string, table: ProvisionedTable, entries: readonly ReferenceEntry[]) => {
    const items = flattenTree(entries, () => []);
    const matches = matchRecords(noun, items, await read<RecordRow>(table));
    return plan(table, items, matches, ({ entry: { reference, name } }) => ({ reference, name }));
  };
  const regions = flattenTree(file.regions, (entry) => entry.regions);
  const categories = flattenTree([file.rootCategory], (entry) => entry.categories);
  return {
    users: await records('user', tables.users, file.users),
    paymentTypes: await records('payment type', tables.paymentTypes, file.paymentTypes),
    customerSegmentations: await records(
      'customer segmentation',
      tables.customerSegmentations,
      file.customerSegmentations,
    ),
    regions: plan(
      tables.regions,
      regions,
      matchRegions(regions, await read<RegionRow>(tables.regions)),
      ({ entry: { name }, level }, parentId) => ({ name, level, parentId }),
    ),
    customerCategories: plan(
      tables.customerCategories,
      categories,
      matchCategories(categories, await read<CategoryRow>(tables.customerCategories)),
      ({ entry: { reference, name } }, parentId) => ({ reference, name, isRoot: parentId === null, parentId }),
    ),
  };
}

async function apply<Entry extends Keyed>(trx: Database, organizationId: number, plan: Plan<Entry>): Promise<Counts> {
  const { table, items, rows, toValues } = plan;
  const numbered = await numberItems(trx, table, items, rows);
  const wanted = numbered.map(({ item, id }) => {
    const parentId = item.parent === undefined ? null : (numbered[item.parent]?.id ?? null);
    return { id, ...toValues(item, parentId) };
  });
  return writeRows(trx, organizationId, table, wanted, rows);
}

/**
 * Brings an organization, found by its name, to what a file says, in one transaction: creates what is new, updates what
 * differs, deletes nothing, and does nothing the second time. Categories keep what a file cannot say (description, image).
 * `now` names the image folder of a new organization (ruling 39). Throws a `ProvisionError`, having changed nothing, where the
 * file contradicts what is there: an id or a reference that is another record's, another root, a currency still in use.
 */
export async function provision(db: Database, organization: OrganizationFile, now: Date): Promise<ProvisionReport> {
  return outsideOrganizations(db)
    .transaction()
    .execute(async (trx) => {
      const existing = await lockOrganization(trx, organization.name);
      await lockTables(trx);
      if (existing) await enterOrganization(trx, existing.id);
      const plans = await createPlans(trx, existing?.id, organization);
      const problems = [
        ...(existing ? await findCurrencyProblems(trx, existing, organization) : []),
        ...Object.values(plans).flatMap((plan) => plan.problems),
      ];
      if (problems.length > 0) throw new ProvisionError(problems.join('\n'));
      const { id, folder, outcome } = await writeOrganization(trx, existing, organization, now);
      await enterOrganization(trx, id);
      return {
        organization: { id, name: organization.name, folder, outcome },
        counts: {
          users: await apply(trx, id, plans.users),
          paymentTypes: await apply(trx, id, plans.paymentTypes),
          customerSegmentations: await apply(trx, id, plans.customerSegmentations),
          regions: await apply(trx, id, plans.regions),
          customerCategories: await apply(trx, id, plans.customerCategories),
        },
      };
    });
}
