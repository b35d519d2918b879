import type { Config } from './config.ts';
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
  const report = await withDatabase(config, (db) =>
    sweepImages({ db, blobs, now: () => new Date() }, { olderThan, dryRun, onBatch }),
  );
  out(describeSweep(report, call));
}
