import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import { PGliteDialect } from 'kysely-pglite-dialect';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Schema } from '../../src/db/schema.ts';
import { buildProgram } from './compile.ts';
import { provisionExample } from './provision-example.ts';

/** Creates a database folder a third as large as usual, since nearly every test file copies or loads it. */
async function createCluster(dataDir: string): Promise<void> {
  const pglite = await PGlite.create({
    dataDir,
    initDbStartParams: ['--wal-segsize=1'],
    postgresqlconf: ['shared_buffers = 8MB'],
  });
  for (const unused of ['template0', 'template1']) {
    await pglite.query('update pg_database set datistemplate = false where datname = $1', [unused]);
    await pglite.exec(`drop database ${unused}`);
  }
  await pglite.close();
}

/** Migrates a database folder, and answers its image. */
async function migrateFolder(dataDir: string): Promise<Blob> {
  const pglite = await PGlite.create({ dataDir });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect(pglite) });
  await migrateToLatest(db);
  const image = await pglite.dumpDataDir('none');
  await db.destroy();
  return image;
}

/**
 * Creates one database for the run: an empty folder and a provisioned one to copy, and a migrated image to load, which is a
 * tenth of the work. Builds the program meanwhile.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-pglite-'));
  const cluster = path.join(folder, 'cluster');
  const image = path.join(folder, 'migrated.tar');
  const provisioned = path.join(folder, 'provisioned');
  const program = buildProgram(folder);
  await createCluster(cluster);
  await cp(cluster, provisioned, { recursive: true });
  const migrated = await migrateFolder(provisioned);
  await writeFile(image, migrated.stream());
  await provisionExample({ kind: 'pglite', directory: provisioned });
  provide('program', await program);
  provide('database', { kind: 'pglite', folder, cluster, provisioned, image });
  return () => rm(folder, { recursive: true, force: true });
}
