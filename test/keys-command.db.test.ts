import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isApiKey } from '../src/auth/api-key.ts';
import { openDatabase } from '../src/db/client.ts';
import { type CliRun, runCommand } from './support/cli.ts';
import { type TestStorage, createProvisionedStorage, findDatabaseKind } from './support/database.ts';

let storage: TestStorage;

beforeAll(async () => {
  storage = await createProvisionedStorage();
});

afterAll(() => storage[Symbol.asyncDispose]());

const keys = (...argv: string[]): Promise<CliRun> => runCommand(['keys', ...argv], { env: storage.env });

async function listAsJson(): Promise<Record<string, unknown>[]> {
  return JSON.parse((await keys('list', '--json')).out) as Record<string, unknown>[];
}

describe('customer-gateway keys', () => {
  it('create prints the key alone on standard output, and all about it on standard error', async () => {
    const scope = ['--scope', 'read,admin', '--expires', '90d', '--user', 'emp-002', '--organization', 'entity1'];
    const { code, out, err } = await keys('create', '--name', ' ERP ', ...scope);
    expect({ code, lines: out.split('\n').length }).toEqual({ code: 0, lines: 2 });
    const key = out.trimEnd();
    expect(isApiKey(key)).toBe(true);
    expect(err).toMatch(
      /^API key 1 \(cgw_.{8}…\), "ERP", may read and admin in entity1, in the name of the user emp-002, until \d{4}-/,
    );
    expect(err).not.toContain(key);
    const [listed] = await listAsJson();
    expect(listed).toMatchObject({ name: 'ERP', scopes: ['read', 'admin'], user: 'emp-002', state: 'valid' });
    const days = (Date.parse(String(listed?.['expiresAt'])) - Date.parse(String(listed?.['createdAt']))) / 86_400_000;
    expect(days).toBe(90);
  });

  it('create makes one that may read and write until it is revoked, of the only organization, unless told', async () => {
    const { code, out, err } = await keys('create', '--name', 'plain');
    expect(code).toBe(0);
    expect(err).toMatch(/may read and write in entity1, until it is revoked\./);
    const listed = (await listAsJson()).find(({ name }) => name === 'plain');
    expect(listed).toMatchObject({ prefix: out.slice(0, 12), user: null, expiresAt: null, lastUsedAt: null });
  });

  it.each([
    [['--user', 'nobody'], 'The organization entity1 has no user "nobody".\n'],
    [['--organization', 'elsewhere'], 'There is no organization "elsewhere"; there are "entity1".\n'],
  ])('create refuses %j, and keeps and prints no key', async (options, message) => {
    const before = await listAsJson();
    expect(await keys('create', '--name', 'x', ...options)).toEqual({ code: 1, out: '', err: message });
    expect(await listAsJson()).toEqual(before);
  });

  it('list prints a table without any key or hash', async () => {
    const { out: made } = await keys('create', '--name', 'Table', '--scope', 'read');
    const { code, out, err } = await keys('list', '--organization', 'entity1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^id {2}prefix {8}organization {2}name {3}scopes {6}user {5}state {2}expires {12}last used\n/);
    expect(out).toMatch(/^\d {3}cgw_\w{8} {2}entity1 {7}Table {2}read {8}- {8}valid {2}never {14}never$/m);
    expect(out).not.toContain(made.trimEnd());
    expect(JSON.stringify(await listAsJson())).not.toMatch(/[0-9a-f]{64}/);
  });

  it('revoke ends a key, by its prefix, its id, or itself, which it does not repeat', async () => {
    const make = async () => (await keys('create', '--name', 'brief')).out.trimEnd();
    const [first, second, third] = [await make(), await make(), await make()];
    const idOf = async (key: string) =>
      String((await listAsJson()).find(({ prefix }) => prefix === key.slice(0, 12))?.['id']);
    for (const name of [first.slice(0, 12), await idOf(second), third]) {
      const { code, out, err } = await keys('revoke', name);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^Revoked API key \d+ \(cgw_.{8}…\), "brief"\. Within 5 seconds nothing accepts it\.\n$/);
      expect(out).not.toContain(third);
    }
    const states = (await listAsJson()).filter(({ name }) => name === 'brief').map(({ state }) => state);
    expect(states).toEqual(['revoked', 'revoked', 'revoked']);
    expect((await keys('revoke', third)).out).toMatch(/ was revoked before\.\n$/);
  });

  it.each(['cgw_00000000', '999999', 'x', '0', '99999999999999999999'])('revoke knows of no key %s', async (name) => {
    const message = `There is no API key ${JSON.stringify(name)}: keys list shows all.\n`;
    expect(await keys('revoke', name)).toEqual({ code: 1, out: '', err: message });
  });

  it('revoke does not repeat a key that it does not know', async () => {
    const key = `cgw_${'0'.repeat(36)}`;
    const { code, err } = await keys('revoke', key);
    expect(code).toBe(1);
    expect(err).not.toContain(key);
  });

  if (findDatabaseKind() === 'pglite')
    it('leaves a folder alone that a gateway works on', async () => {
      await using other = await openDatabase(storage.settings);
      expect(other.kind).toBe('pglite');
      expect((await keys('create', '--name', 'x')).code).toBe(1);
    });
});
