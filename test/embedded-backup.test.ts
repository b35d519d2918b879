import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { askChanges, awaitFeed, readFeed } from './support/changes.ts';
import { readEmbeddedBackup, runPrinted } from './support/documented-backup.ts';
import { createKey, expectNothingToBring, putPicture, readHoldings, startCalled } from './support/holdings.ts';
import { createTemporaryFolder } from './support/temporary-folder.ts';

const tell = ({ reference, version }: { reference: string; version: number }) => `${reference}@${version}`;

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

it('a folder put back by the commands of docs/operations.md holds all that was copied, and the gateway goes on', async () => {
  const { back, restore } = await readEmbeddedBackup();
  await using place = await createTemporaryFolder();
  const env = { DATA_DIR: path.join(place.path, 'data') };
  const run = (commands: string) => runPrinted(commands, { cwd: place.path, env });
  const key = await createKey(env);

  const first = await startCalled(env, key);
  for (const reference of ['a', 'b', 'a']) await putPicture(first.caller, 'customers', reference);
  await putPicture(first.caller, 'customerCategories', 'pictured');
  expect(await first.caller.post('customers', 'plain', { name: 'plain', categoryId: 'pictured' })).toBe(201);
  const [middle] = (await awaitFeed(first.caller, undefined, 5)).filter((change) => tell(change) === 'b@1');
  const read = await readFeed(first.caller, middle?.cursor);
  const held = await readHoldings(first);
  await first.stop();
  await run(back);

  const second = await startCalled(env, key);
  await putPicture(second.caller, 'customers', 'a');
  await putPicture(second.caller, 'customers', 'lost');
  const lost = (await awaitFeed(second.caller, middle?.cursor, 5)).at(-1);
  await second.stop();
  await run(restore);

  await expectNothingToBring(env);
  const third = await startCalled(env, key);
  expect(await readHoldings(third)).toEqual(held);
  expect([...held.pictures.keys()]).toHaveLength(9);
  expect([...held.pictures.values()]).not.toContain(undefined);
  expect(await listFiles(path.join(env.DATA_DIR, 'images'))).toHaveLength(9);
  expect(await readFeed(third.caller, middle?.cursor)).toEqual(read);
  const { status, errors } = await askChanges(third.caller, { after: lost?.cursor ?? '' });
  expect({ status, code: errors?.[0]?.extensions?.['code'] }).toEqual({ status: 410, code: 'CURSOR_EXPIRED' });
  await putPicture(third.caller, 'customers', 'a');
  await putPicture(third.caller, 'customers', 'new');
  const changes = await awaitFeed(third.caller, middle?.cursor, 5);
  expect(changes.map(tell)).toEqual(['a@2', 'pictured@1', 'plain@1', 'a@3', 'new@1']);
  await third.stop();
});
