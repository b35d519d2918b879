import { sql } from 'kysely';
import { outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { sweepImages } from './sweep-images.ts';

type Deps = {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly now: () => Date;
  readonly report: (failure: unknown) => void;
};

const hourMillis = 3_600_000;

/** Whether this process is the one to sweep now: one of all processes is, once a day. */
async function claimSweep(db: Database): Promise<boolean> {
  const { rows } = await sql`
    insert into image_sweeps as s (begun_at) values (now())
    on conflict (only_row) do update set begun_at = excluded.begun_at
      where s.begun_at <= excluded.begun_at - interval '1 day'
    returning 1`.execute(outsideOrganizations(db));
  return rows.length > 0;
}

/** Sweeps files that have been without a row for a day, unless that was done within a day by any process. Never throws. */
export async function sweepDaily(deps: Deps, signal?: AbortSignal): Promise<void> {
  try {
    if (await claimSweep(deps.db)) await sweepImages(deps, { olderThan: 1, ...(signal && { signal }) });
  } catch (error) {
    deps.report(error);
  }
}

/**
 * Looks every hour, first within the next one, whether stray files are to be swept. Keeps no process running. Disposing
 * lets a sweep under way finish its batch.
 */
export function scheduleImageSweeps(deps: Deps): AsyncDisposable {
  const stop = new AbortController();
  let timer: NodeJS.Timeout;
  let running: Promise<void> | undefined;
  const schedule = (millis: number) => {
    timer = setTimeout(() => {
      running = sweepDaily(deps, stop.signal).finally(() => {
        if (!stop.signal.aborted) schedule(hourMillis);
      });
    }, millis).unref();
  };
  schedule(Math.random() * hourMillis);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
