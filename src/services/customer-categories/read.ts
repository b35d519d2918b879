import { sql } from 'kysely';
import type { Database } from '../../db/schema.ts';
import { defineStatement } from '../../db/statement.ts';
import type { CustomerCategory } from '../records.ts';
import { type AncestorPairs, type Ancestors, ancestorsSql } from '../upsert/ancestors.ts';
import { type Json, reviveDates } from '../upsert/json.ts';
import type { Wanted } from '../upsert/model.ts';
import { rowsSql } from '../upsert/record-formats.ts';
import { type Index, collectKeys, indexRows } from '../upsert/relations.ts';
import { categorySelect } from './columns.ts';
import type { UpsertCustomerCategoryInput } from './input.ts';

/** Everything that judging and answering a list of categories needs, as one statement saw it. */
export type CategorySnapshot = {
  readonly categories: Index<CustomerCategory>;
  readonly root: CustomerCategory | undefined;
  /** Of the parents that the inputs name. */
  readonly ancestors: Ancestors;
};

type ReadArguments = {
  readonly organizationId: number;
  /** The inputs' own, and those with their parents'. */
  readonly own: readonly string[];
  readonly references: readonly string[];
  readonly parentIds: readonly string[];
  readonly parentReferences: readonly string[];
};

type SnapshotRow = { readonly categories: readonly Json<CustomerCategory>[]; readonly ancestors: AncestorPairs };

const read = defineStatement<ReadArguments, SnapshotRow>(
  ({ organizationId, own, references, parentIds, parentReferences }) => sql`
    select
      ${rowsSql(sql`
        select ${categorySelect} from customer_categories t
        where t.organization_id = ${organizationId} and (
          t.is_root or t.reference = any (${references}::text[]) or t.id = any (${parentIds}::bigint[] || array(
            select n.parent_id from customer_categories n
            where n.organization_id = ${organizationId} and n.reference = any (${own}::text[])
          ))
        )`)} as categories,
      ${ancestorsSql('customer_categories', organizationId, { ids: parentIds, references: parentReferences })} as ancestors`,
);

/** Reads, in one statement, the categories that the inputs name, the parents of both, and the root. */
export async function readCategories(
  db: Database,
  organizationId: number,
  { inputs }: Pick<Wanted<UpsertCustomerCategoryInput>, 'inputs'>,
): Promise<CategorySnapshot> {
  const parents = collectKeys(inputs.map((input) => input.parent));
  const own = inputs.flatMap((input) => [input.reference, ...(input.newReference ? [input.newReference] : [])]);
  const [snapshot] = await read(db, {
    organizationId,
    own,
    references: [...new Set([...own, ...parents.references])],
    parentIds: parents.ids,
    parentReferences: parents.references,
  });
  if (!snapshot) throw new Error('The reading statement answered no row.');
  const categories = snapshot.categories.map(reviveDates);
  return {
    categories: indexRows(categories),
    root: categories.find(({ isRoot }) => isRoot),
    ancestors: new Map(snapshot.ancestors),
  };
}
