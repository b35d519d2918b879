import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { findFreePort } from '../support/free-port.ts';
import {
  type PostgresHome,
  createPostgresHome,
  initialisePostgres,
  launchPostgres,
} from '../support/postgres-process.ts';

const run = promisify(execFile);

/** How long a server is tried to be started again, in milliseconds: what is left of a killed one stands in its way. */
const startPatience = 10_000;

/** How a server is ended: by force, or told to stop at once, without finishing anything. */
export type Ending = 'SIGKILL' | 'SIGQUIT';

/** What all servers of a storm have in common. */
type Installation = { readonly home: PostgresHome; readonly password: string };

const settings = ['max_connections=200', 'wal_keep_size=1GB', 'max_wal_size=4GB', 'wal_sender_timeout=5s'];

/** A PostgreSQL server with its defaults, which keeps its data over crashes and can have a standby. */
export class PostgresNode {
  readonly port: number;
  readonly #installation: Installation;
  readonly #data: string;
  readonly #own: readonly string[];
  #stop: () => Promise<void> = () => Promise.resolve();

  private constructor(installation: Installation, name: string, port: number, own: readonly string[]) {
    this.#installation = installation;
    this.#data = path.join(installation.home.folder, name);
    this.port = port;
    this.#own = own;
  }

  /** Starts an empty server. */
  static async create(home: PostgresHome): Promise<PostgresNode> {
    const password = await initialisePostgres(home, path.join(home.folder, 'primary'));
    const node = new PostgresNode({ home, password }, 'primary', await findFreePort(), []);
    await node.#start();
    return node;
  }

  urlAt(port: number): string {
    return `postgres://gateway:${this.#installation.password}@127.0.0.1:${port}/postgres`;
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** Ends the server and starts it again. */
  async crash(ending: Ending): Promise<void> {
    await this.kill(ending);
    await this.#start();
  }

  async kill(ending: Ending): Promise<void> {
    const [pid] = (await readFile(path.join(this.#data, 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), ending);
    await this.#stop();
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** Runs SQL on a connection of its own. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return withClient(this.url, async (client) => (await client.query<Row>(sql, [...values])).rows);
  }

  async readVersion(): Promise<string> {
    const [row] = await this.query<{ server_version: string }>('show server_version');
    return row?.server_version ?? '?';
  }

  /**
   * Starts a standby from a copy of this server, and has every commit from now on wait for it: what is acknowledged is on
   * both.
   */
  async createStandby(): Promise<PostgresNode> {
    const { home, password } = this.#installation;
    const source = `host=127.0.0.1 port=${this.port} user=gateway password=${password} application_name=standby`;
    const own = [`primary_conninfo=${source}`];
    const standby = new PostgresNode(this.#installation, 'standby', await findFreePort(), own);
    await withClient(this.url, async (client) => {
      await client.query(`select pg_backup_start('standby', fast => true)`);
      await copyData(home, this.#data, standby.#data);
      const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()');
      await standby.#write('backup_label', rows[0]?.labelfile ?? '');
      await standby.#write('standby.signal', '');
    });
    await standby.#start();
    await this.query(`alter system set synchronous_standby_names = 'standby'`);
    await this.query('select pg_reload_conf()');
    const isSynchronous = `select from pg_stat_replication where state = 'streaming' and sync_state = 'sync'`;
    while ((await this.query(isSynchronous)).length === 0) await delay(50);
    return standby;
  }

  /** Makes a standby take over. */
  async promote(): Promise<void> {
    await this.query('select pg_promote(wait => true)');
  }

  async #write(file: string, text: string): Promise<void> {
    const { account } = this.#installation.home;
    const target = path.join(this.#data, file);
    await writeFile(target, text);
    if (account.uid !== undefined) await chown(target, account.uid, account.gid);
  }

  async #start(): Promise<void> {
    const deadline = performance.now() + startPatience;
    for (;;) {
      try {
        const launch = { data: this.#data, port: this.port, settings: [...settings, ...this.#own], removesHome: false };
        this.#stop = await launchPostgres(this.#installation.home, launch);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await delay(100);
      }
    }
  }
}

async function withClient<Answer>(url: string, work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, application_name: 'customer-gateway storm' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Copies the data of a running server. The standby gets the log from the server itself, and its process number is another. */
async function copyData({ account }: PostgresHome, from: string, to: string): Promise<void> {
  const script = `mkdir -m 700 "$2" && cd "$1" && tar -c --exclude=./postmaster.pid --exclude=./postmaster.opts \
    --exclude=./pg_wal/0* --exclude=./pgsql_tmp* --ignore-failed-read --warning=no-file-changed . | tar -x -C "$2"`;
  await run('/bin/sh', ['-c', script, 'sh', from, to], { ...account, cwd: '/' });
}

/** A home for the servers of a storm, gone once disposed of or when this process ends early. */
export async function openHome(): Promise<PostgresHome & AsyncDisposable> {
  const home = await createPostgresHome();
  const remove = () => rmSync(home.folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    ...home,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', remove);
      await rm(home.folder, { recursive: true, force: true });
    },
  };
}
