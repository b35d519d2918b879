import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/db/client.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createDatabase, dropDatabases, withDatabase } from './admin.ts';
import { startPostgres } from './postgres-server.ts';

/** One server for the run (or that of TEST_DATABASE_URL) with one migrated database, which every test file copies. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const external = process.env['TEST_DATABASE_URL'];
  const server = external ? undefined : await startPostgres();
  const url = external ?? server?.url ?? '';
  // Runs may share a server, and a killed one leaves its databases there.
  const prefix = `gateway_test_${randomBytes(6).toString('hex')}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-tests-'));
  const teardown = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    if (server) await server[Symbol.asyncDispose]();
    else await dropDatabases(url, prefix);
  };
  try {
    const template = `${prefix}_template`;
    await createDatabase(url, template);
    await using database = await openDatabase({ kind: 'postgres', url: withDatabase(url, template), poolSize: 1 });
    await migrateToLatest(database.db);
    provide('database', { kind: 'postgres', folder, url, prefix, template });
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}
