import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../src/db/client.ts';
import { isSettled } from '../src/services/changes/read.ts';
import { runCommand } from './support/cli.ts';
import { type TestStorage, createProvisionedStorage, createTestStorage, findDatabaseKind } from './support/database.ts';

const exampleFile = fileURLToPath(new URL('../examples/entity1.yaml', import.meta.url));
let storage: TestStorage;

beforeEach(async () => {
  storage = await createProvisionedStorage();
});

afterEach(() => storage[Symbol.asyncDispose]());

describe('customer-gateway on a database', () => {
  it('migrates it, and finds it up to date the second time', async () => {
    await using empty = await createTestStorage();
    const { env } = empty;
    const upToDate = 'The database is up to date.\n';
    const first = await runCommand(['migrate'], { env });
    expect(first).toEqual({ code: 0, out: expect.stringContaining('Applied 0001-customers\n') as string, err: '' });
    expect(first.out.endsWith(upToDate)).toBe(true);
    expect(await runCommand(['migrate'], { env })).toEqual({ code: 0, out: upToDate, err: '' });
  });

  it('provisions an empty one from a file, then from standard input', async () => {
    await using empty = await createTestStorage();
    const { env } = empty;
    const first = await runCommand(['provision', exampleFile], { env });
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(first.out).toMatch(/^Organization "entity1" created: id 1, image folder entity1-\d{13}\n/);
    expect(first.out).toMatch(/^regions +7 +0 +0$/m);
    const input = 'name: entity1\ncurrency: USD\nrootCategory: { reference: root, name: Everybody }\n';
    const second = await runCommand(['provision', '-'], { env, input });
    expect(second.out).toMatch(/^Organization "entity1" updated: /);
    expect(second.out).toMatch(/^customerCategories +0 +1 +0$/m);
  });

  it('says what in the file contradicts the database', async () => {
    const { env } = storage;
    const input = 'name: entity1\ncurrency: EUR\nrootCategory: { id: 2, reference: root, name: All }\n';
    const { code, out, err } = await runCommand(['provision', '-'], { env, input });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^customer category 2 is "jewelry" and cannot become "root": that is customer category 1\.\n/);
  });

  it('sweeps stray images, which it can tell before', async () => {
    const { env } = storage;
    const { out } = await runCommand(['provision', exampleFile], { env });
    const folder = /image folder (\S+)/.exec(out)?.[1] ?? '';
    const images = path.join(env['DATA_DIR'] ?? '', 'images');
    const stray = `${folder}/photoCustomer/1471338230737_stray.png`;
    await mkdir(path.join(images, path.dirname(stray)), { recursive: true });
    await writeFile(path.join(images, stray), '');
    const sweep = ['sweep-images', '--older-than', '7d'];
    const nothing = { code: 0, out: 'Deleted 0 stray files of 0 that are older than 7 days.\n', err: '' };
    expect(await runCommand(sweep, { env })).toEqual(nothing);
    await utimes(path.join(images, stray), new Date(0), new Date(0));
    expect(await runCommand([...sweep, '--dry-run'], { env })).toEqual({
      code: 0,
      out: `${stray}\nWould delete 1 stray files of 1 that are older than 7 days.\n`,
      err: '',
    });
    expect((await runCommand(['sweep-images'], { env })).out).toBe(
      'Deleted 1 stray files of 1 that are older than a day.\n',
    );
    expect(await runCommand(sweep, { env })).toEqual(nothing);
  });

  it('keeps all images for the days that a backup asks for, which a sweep tells', async () => {
    const { env } = storage;
    const kept = /^No image file is deleted until (.+)\.\n/;
    const keep = async (days: string) => {
      const { code, out } = await runCommand(['keep-images', '--for', days], { env });
      expect(code).toBe(0);
      return Date.parse(kept.exec(out)?.[1] ?? '');
    };
    const [before, until] = [Date.now(), await keep('2d')];
    expect(until).toBeGreaterThanOrEqual(before + 2 * 86_400_000 - 5_000);
    // Shorter is not meant to end what another backup has asked for.
    expect(await keep('1d')).toBe(until);
    expect((await runCommand(['sweep-images'], { env })).out).toMatch(kept);
  });

  it('prunes the feed of changes', async () => {
    const { env, settings } = storage;
    const prune = ['prune-changes', '--older-than', '90d'];
    const nothing = { code: 0, out: 'Removed 0 changes older than 90 days.\n', err: '' };
    expect(await runCommand(prune, { env })).toEqual(nothing);
    let count: number;
    {
      await using database = await openDatabase(settings);
      const aged = await sql`update changes set changed_at = now() - interval '91 days'`.execute(database.db);
      count = Number(aged.numAffectedRows);
      // What others on the server have not finished holds changes back, and nobody prunes what nobody could read yet.
      const held = database.db.selectFrom('changes').select('id').where(isSettled, '=', false);
      await expect.poll(() => held.execute(), { timeout: 30_000 }).toEqual([]);
    }
    expect(await runCommand(prune, { env })).toEqual({
      ...nothing,
      out: `Removed ${count - 1} changes older than 90 days.\n`,
    });
    expect(await runCommand(prune, { env })).toEqual(nothing);
  });

  if (findDatabaseKind() === 'pglite')
    it('leaves a folder alone that another process works on', async () => {
      const other = await openDatabase(storage.settings);
      const { code, err } = await runCommand(['provision', exampleFile], { env: storage.env });
      await other[Symbol.asyncDispose]();
      expect(code).toBe(1);
      expect(err.trimEnd().split('\n')).toEqual([expect.stringContaining(storage.env['DATA_DIR'] ?? 'DATA_DIR')]);
    });

  if (findDatabaseKind() === 'postgres')
    it('says in one line, without the password, that it cannot be reached', async () => {
      const env = { ...storage.env, DATABASE_URL: 'postgres://gateway:hunter2@127.0.0.1:1/customers' };
      const { code, err } = await runCommand(['migrate'], { env });
      expect(code).toBe(1);
      expect(err).toMatch(/^Cannot reach the database of DATABASE_URL, .*ECONNREFUSED.*\n$/);
      expect(err).not.toMatch('hunter2');
    });
});
