import { sql } from 'kysely';
import { findNamedPath } from '../contract/images.ts';
import { inOrganization } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { imagesAreKept } from './kept-images.ts';
import { listOrganizations } from './organizations.ts';

type Deps = { readonly db: Database; readonly blobs: BlobStore; readonly now: () => Date };

/** `foreign` files lie in folders of no organization of this database: they are somebody else's, and stay. */
export type SweepReport = { readonly seen: number; readonly foreign: number; readonly strays: number };

export type SweepOptions = {
  /** Days. What is younger may belong to a write that is under way: its row names it only when it is committed. */
  readonly olderThan: number;
  /** Strays are told, and stay. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Hears of each batch: what was found until then, and the strays of this batch. */
  readonly onBatch?: (report: SweepReport, strays: readonly string[]) => void;
};

const batchSize = 500;
const dayMillis = 86_400_000;

/** Which of these keys of one organization's folder no row names; none while a backup wants what rows have named. */
async function findStrays(db: Database, organizationId: number, keys: readonly string[]): Promise<readonly string[]> {
  const paths = [...new Set(keys.map(findNamedPath))];
  const { rows } = await sql<{ path: string }>`
    select p.path from unnest(${paths}::text[]) p (path)
    where exists (
        select from customers c
        where c.organization_id = ${organizationId}::bigint and c.logo is not null and c.logo ->> 'path' = p.path
      ) or exists (
        select from customer_categories c
        where c.organization_id = ${organizationId}::bigint and c.image is not null and c.image ->> 'path' = p.path
      ) or ${imagesAreKept}`.execute(inOrganization(db, organizationId));
  const named = new Set(rows.map(({ path }) => path));
  return keys.filter((key) => !named.has(findNamedPath(key)));
}

function groupByFolder(keys: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const folder = key.slice(0, key.indexOf('/'));
    const group = groups.get(folder);
    if (group) group.push(key);
    else groups.set(folder, [key]);
  }
  return groups;
}

/** The files older than `before`, in batches; `signal` ends them. */
async function* listBatches(blobs: BlobStore, before: number, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const { key, modifiedAt } of blobs.list()) {
    if (signal?.aborted) return;
    if (modifiedAt.getTime() >= before) continue;
    batch.push(key);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Deletes the files that no row names and that are older, in batches, in constant memory, beside running gateways. What a row
 * names is never deleted: a key is given to one file only, and a file that has been without a row for so long gets none
 * any more. Nothing is deleted while images are kept for a backup. Files in folders of no organization are left alone.
 */
export async function sweepImages(
  { db, blobs, now }: Deps,
  { olderThan, dryRun = false, signal, onBatch }: SweepOptions,
): Promise<SweepReport> {
  const organizations = new Map((await listOrganizations(db)).map(({ folder, id }) => [folder, id]));
  let report: SweepReport = { seen: 0, foreign: 0, strays: 0 };
  for await (const batch of listBatches(blobs, now().getTime() - olderThan * dayMillis, signal)) {
    const strays: string[] = [];
    let foreign = 0;
    for (const [folder, keys] of groupByFolder(batch)) {
      const id = organizations.get(folder);
      if (id === undefined) foreign += keys.length;
      else strays.push(...(await findStrays(db, id, keys)));
    }
    if (!dryRun) await blobs.delete(strays);
    report = {
      seen: report.seen + batch.length,
      foreign: report.foreign + foreign,
      strays: report.strays + strays.length,
    };
    onBatch?.(report, strays);
  }
  return report;
}
