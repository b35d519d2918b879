import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Crowd } from '../crowd.ts';
import { isConnectionError, isTooManyConnections } from './errors.ts';

/**
 * Milliseconds. Who waits for an answer for `patience` asks whether anybody works on it, for which there is `answer`; an answer
 * that was on its way meanwhile has `grace` to come.
 */
const usualTiming = { patience: 1_500, answer: 5_000, grace: 250 };

/** Which of the sessions (by the server's process ids) are at work; undefined where nobody can tell. */
export type FindWorking = (sessions: readonly number[]) => Promise<ReadonlySet<number> | undefined>;

/** The server does not know of a statement that we wait for, or cannot be asked: no answer will come. */
class SilentServerError extends Error {
  override readonly name = 'SilentServerError';
  /** As of a socket that gave up. */
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('The server has fallen silent.');
  }
}

type Waiting = { readonly session: number; readonly since: number; readonly giveUp: (error: Error) => void };

/**
 * Tells a slow statement from one whose connection was cut where nobody heard of it, which would wait for as long as a slow one
 * may take: it asks the server, by another connection.
 */
export class SilenceWatch {
  readonly #findWorking: FindWorking;
  readonly #timing: typeof usualTiming;
  readonly #waiting = new Crowd<Waiting>();
  #isLooking = false;

  constructor(findWorking: FindWorking, timing = usualTiming) {
    this.#findWorking = findWorking;
    this.#timing = timing;
  }

  /** What comes of `work`, for which a session waits; rejects with a connection error once no answer is to be expected. */
  watch<Answer>(session: number | undefined, work: Promise<Answer>): Promise<Answer> {
    if (session === undefined) return work;
    return new Promise((resolve, reject) => {
      const leave = (): boolean => this.#waiting.remove(waiting, place);
      const giveUp = (error: Error) => leave() && reject(error);
      const waiting: Waiting = { session, since: performance.now(), giveUp };
      const place = this.#waiting.add(waiting);
      if (!this.#isLooking) void this.#look();
      const settle = <Value>(tell: (value: Value) => void) => {
        return (value: Value) => {
          leave();
          tell(value);
        };
      };
      work.then(settle(resolve), settle(reject));
    });
  }

  /** Looks now and then for as long as anybody waits. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiting.size > 0) {
      // Whoever waits holds a process by its connection; this would hold one that is done.
      await delay(this.#timing.patience / 3, undefined, { ref: false });
      const latest = performance.now() - this.#timing.patience;
      const overdue = [...this.#waiting].filter(({ since }) => since <= latest);
      if (overdue.length > 0) await this.#ask(overdue);
    }
    this.#isLooking = false;
  }

  async #ask(overdue: readonly Waiting[]): Promise<void> {
    const working = await this.#findWorking(overdue.map(({ session }) => session)).catch(judgeFailure);
    if (!working) return;
    const lost = overdue.filter(({ session }) => !working.has(session));
    if (lost.length > 0) await delay(this.#timing.grace);
    for (const { giveUp } of lost) giveUp(new SilentServerError());
  }
}

/** A server that cannot be reached works for nobody; one that is only full may. */
function judgeFailure(error: unknown): ReadonlySet<number> | undefined {
  return isConnectionError(error) && !isTooManyConnections(error) ? new Set() : undefined;
}

/**
 * A session whose every statement is over is idle. A pooler in between has process ids of its own, which its answer for the
 * asking session itself shows; then the question cannot be answered.
 */
const question = `
  select pg_backend_pid() as own,
    array(select pid from pg_stat_activity where pid = any($1) and coalesce(state, '') not like 'idle%') as working`;

/** Asks the server of `url` by a connection of its own. Rejects where it cannot be asked in time. */
export function createFindWorking(url: string, { answer } = usualTiming): FindWorking {
  return async (sessions) => {
    // Ours, since a client whose peer has vanished waits for ever to be allowed to end.
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: url,
      stream: () => socket,
      application_name: 'customer-gateway',
      connectionTimeoutMillis: answer,
      query_timeout: answer,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ own: number; working: readonly number[] }>(question, [[...sessions]]);
      const [row] = rows;
      return row && row.own === findSession(client) ? new Set(row.working) : undefined;
    } finally {
      socket.destroy();
    }
  };
}

/** The process id that the server gave a session when it was opened. */
export function findSession(client: pg.Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}
