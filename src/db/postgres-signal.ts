import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Bell } from './bell.ts';
import { type ChangeSignal, type LocalSignal, createLocalSignal } from './change-signal.ts';
import type { PostgresSettings } from './postgres.ts';

const channel = 'customer_gateway_changes';

/** Milliseconds. A notification takes a lock of the whole server, so many writes share one. */
const timing = { gathering: 20, heartbeat: 30_000, answer: 10_000, connect: 10_000, reconnect: 1_000, goodbye: 1_000 };

/** Rings through PostgreSQL's notifications, over one connection that is opened again whenever it breaks. */
class PostgresSignal {
  readonly #url: string;
  readonly #local: LocalSignal;
  readonly #bell = new Bell();
  readonly #pending = new Set<number>();
  readonly #closing = new AbortController();

  constructor(url: string, local: LocalSignal) {
    this.#url = url;
    this.#local = local;
  }

  announce(organizationId: number): void {
    this.#local.announce(organizationId);
    this.#pending.add(organizationId);
    this.#bell.ring();
  }

  close(): void {
    this.#closing.abort();
    this.#bell.ring();
  }

  /** Keeps a session open until `close`; what was announced until then is told first, where the server can be reached. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // Nobody is told: those who follow look for themselves, and all other statements report a server that is gone.
      await this.#session().catch(() => undefined);
      await delay(timing.reconnect, undefined, { signal }).catch(() => undefined);
    }
  }

  async #session(): Promise<void> {
    // Ours, since a client whose peer has vanished waits for ever to be allowed to end.
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: this.#url,
      stream: () => socket,
      application_name: 'customer-gateway changes',
      connectionTimeoutMillis: timing.connect,
      query_timeout: timing.answer,
      keepAlive: true,
    });
    const lost = new AbortController();
    const lose = () => {
      lost.abort();
      this.#bell.ring();
    };
    client.on('error', lose).on('end', lose);
    client.on('notification', ({ payload }) => this.#local.announce(Number(payload)));
    try {
      await this.#connect(client, socket);
      this.#local.wakeAll();
      while (!lost.signal.aborted) {
        await this.#tell(client);
        if (this.#closing.signal.aborted) return;
        await this.#bell.sleep(timing.heartbeat);
        await delay(timing.gathering, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    } finally {
      await Promise.race([client.end(), delay(timing.goodbye, undefined, { ref: false })]).catch(() => undefined);
      socket.destroy();
    }
  }

  /** Closing does not wait for a server that may never answer. */
  async #connect(client: pg.Client, socket: Socket): Promise<void> {
    const { signal } = this.#closing;
    const giveUp = () => socket.destroy();
    signal.addEventListener('abort', giveUp);
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Sends what is pending; with nothing pending it only finds out whether the session is alive. */
  async #tell(client: pg.Client): Promise<void> {
    const ids = [...this.#pending];
    this.#pending.clear();
    try {
      await client.query(`select pg_notify('${channel}', id) from unnest($1::text[]) as id`, [ids.map(String)]);
    } catch (error) {
      for (const id of ids) this.#pending.add(id);
      throw error;
    }
  }
}

/** Opens a signal that reaches every process on the same PostgreSQL database. Whether the server can be reached shows later. */
export function openPostgresSignal({ url }: PostgresSettings): ChangeSignal {
  const local = createLocalSignal();
  const remote = new PostgresSignal(url, local);
  const running = remote.run();
  return {
    ...local,
    announce: (organizationId) => remote.announce(organizationId),
    [Symbol.asyncDispose]: async () => {
      await local[Symbol.asyncDispose]();
      remote.close();
      await running;
    },
  };
}
