import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { type DatabaseSettings, openDatabase } from '../../src/db/client.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createDatabase, dropDatabases, withDatabase } from './admin.ts';
import { buildProgram } from './compile.ts';
import { startPostgres } from './postgres-server.ts';
import { provisionExample } from './provision-example.ts';

async function migrate(settings: DatabaseSettings): Promise<void> {
  await using database = await openDatabase(settings);
  await migrateToLatest(database.db);
}

/** One server for the run (or that of TEST_DATABASE_URL) with a migrated database and a provisioned one, which test files copy. */
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
    const provisioned = `${prefix}_provisioned`;
    await createDatabase(url, template);
    await migrate({ kind: 'postgres', url: withDatabase(url, template), poolSize: 1 });
    await createDatabase(url, provisioned, template);
    await provisionExample({ kind: 'postgres', url: withDatabase(url, provisioned), poolSize: 1 });
    provide('database', { kind: 'postgres', folder, url, prefix, template, provisioned });
    provide('program', await buildProgram(folder));
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}
