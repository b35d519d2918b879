import type { Config } from './config.ts';
import { findImagesKeptUntil, keepImages } from './services/kept-images.ts';
import { type SweepReport, sweepImages } from './services/sweep-images.ts';
import { openStore } from './storage/open.ts';
import { withDatabase } from './with-database.ts';

export type SweepCall = { readonly config: Config; readonly olderThan: number; readonly dryRun: boolean };

const reportEvery = 10_000;

function describeSweep({ seen, foreign, strays }: SweepReport, { olderThan, dryRun }: SweepCall): string {
  const age = olderThan === 1 ? 'a day' : `${olderThan} days`;
  const left = foreign > 0 ? ` ${foreign} in folders of no organization of this database were left alone.` : '';
  return `${dryRun ? 'Would delete' : 'Deleted'} ${strays} stray files of ${seen} that are older than ${age}.${left}\n`;
}

/** What `keep-images` and, while it lasts, `sweep-images` say. */
function describeKept(until: Date): string {
  return `No image file is deleted until ${until.toISOString()}.\n`;
}

/** Deletes the stray files of the configured store, or with `dryRun` tells each of them, and reports in lines to `out`. */
export async function sweepFiles(call: SweepCall, out: (text: string) => void): Promise<void> {
  const { config, olderThan, dryRun } = call;
  using store = await openStore(config.images, config.secrets.s3);
  await store.check();
  const { blobs } = store;
  let told = 0;
  const onBatch = ({ seen, strays }: SweepReport, batch: readonly string[]) => {
    if (dryRun) for (const key of batch) out(`${key}\n`);
    if (seen - told < reportEvery) return;
    told = seen;
    out(`Looked at ${seen} files, ${strays} of them strays.\n`);
  };
  const report = await withDatabase(config, async (db) => {
    const until = await findImagesKeptUntil(db);
    if (until) out(describeKept(until));
    return sweepImages({ db, blobs, now: () => new Date() }, { olderThan, dryRun, onBatch });
  });
  out(describeSweep(report, call));
}

/** Lets no gateway delete an image file for so many days. */
export async function keepFiles(
  { config, days }: { readonly config: Config; readonly days: number },
  out: (text: string) => void,
): Promise<void> {
  out(describeKept(await withDatabase(config, (db) => keepImages(db, days))));
}
