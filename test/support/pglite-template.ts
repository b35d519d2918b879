import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import { PGliteDialect } from 'kysely-pglite-dialect';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../src/db/migrate.ts';
import type { Schema } from '../../src/db/schema.ts';

/** Creates a database folder a third as large as usual, since nearly every test file copies or loads it. Answers its image. */
async function createCluster(dataDir: string): Promise<Blob> {
  const pglite = await PGlite.create({
    dataDir,
    initDbStartParams: ['--wal-segsize=1'],
    postgresqlconf: ['shared_buffers = 8MB'],
  });
  for (const unused of ['template0', 'template1']) {
    await pglite.query('update pg_database set datistemplate = false where datname = $1', [unused]);
    await pglite.exec(`drop database ${unused}`);
  }
  const image = await pglite.dumpDataDir('none');
  await pglite.close();
  return image;
}

async function migrateImage(loadDataDir: Blob): Promise<Blob> {
  const pglite = await PGlite.create({ dataDir: 'memory://', loadDataDir });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect(pglite) });
  await migrateToLatest(db);
  const image = await pglite.dumpDataDir('none');
  await db.destroy();
  return image;
}

/** Creates one database for the run: an empty folder to copy, and a migrated image to load, which is a tenth of the work. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'customer-gateway-pglite-'));
  const cluster = path.join(folder, 'cluster');
  const image = path.join(folder, 'migrated.tar');
  const migrated = await migrateImage(await createCluster(cluster));
  await writeFile(image, migrated.stream());
  provide('database', { kind: 'pglite', folder, cluster, image });
  return () => rm(folder, { recursive: true, force: true });
}
