import { sql } from 'kysely';
import { inOrganization, outsideOrganizations } from '../../db/organization.ts';
import type { Database } from '../../db/schema.ts';
import { isSettled } from './read.ts';

type Deps = { readonly db: Database };

/** As many changes as one transaction looks at. */
const defaultBatchSize = 10_000;

/**
 * Removes the oldest changes of an organization, as far as they are older, but the last of them, and answers how many: the cursor
 * of one who has read all that is removed stays good, and that of one who has not names nothing any more.
 */
async function pruneBatch({ db }: Deps, organizationId: number, days: number, batchSize: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with oldest as (
      select era, transaction, id,
        bool_and(changed_at < now() - make_interval(days => ${days}::integer) and ${isSettled})
          over (order by era, transaction, id) as is_prunable
      from (
        select era, transaction, id, changed_at from changes where organization_id = ${organizationId}::bigint
        order by era, transaction, id limit ${batchSize}::integer
      ) o
    ), kept as (
      select era, transaction, id from oldest where is_prunable order by era desc, transaction desc, id desc limit 1
    )
    delete from changes c using kept k
    where c.organization_id = ${organizationId}::bigint
      and (c.era, c.transaction, c.id) < (k.era, k.transaction, k.id)`.execute(inOrganization(db, organizationId));
  return Number(numAffectedRows);
}

/**
 * Removes the changes of every organization that are older than `days` from its feed's beginning on, in short transactions:
 * `onProgress` hears after each how many are gone so far. The last older one of an organization stays. Answers how many are gone.
 */
export async function pruneChanges(
  deps: Deps,
  days: number,
  onProgress: (removed: number) => void = () => undefined,
  batchSize = defaultBatchSize,
): Promise<number> {
  const organizations = await outsideOrganizations(deps.db)
    .selectFrom('organizations')
    .select('id')
    .orderBy('id')
    .execute();
  let removed = 0;
  for (const { id } of organizations) {
    for (let isMore = true; isMore;) {
      const count = await pruneBatch(deps, id, days, batchSize);
      removed += count;
      isMore = count > 0 && count === batchSize - 1;
      if (isMore) onProgress(removed);
    }
  }
  return removed;
}
