import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Door, UndocumentedAnswer, doors, judgeReply } from './doors.ts';
import type { Ledger, Write } from './ledger.ts';
import { Client, type Reached, type Request, patience } from './post.ts';

/** Who writes, how much, and how much is given to a gateway that has nothing to do between two calls. */
export type TrafficShape = {
  /** For each of the doors. */
  readonly writers: { readonly single: number; readonly bulk: number };
  /** Records of each writer. */
  readonly records: number;
  /** Milliseconds between the calls of a writer. */
  readonly pause: number;
};

/** One who writes its own records by one door, one call after the other. */
type Writer = { readonly door: Door; readonly references: readonly string[]; flowingSince: number };

export const referencePrefix = 'storm-';

/** How long a flow is waited for, in milliseconds. */
const flowPatience = 60_000;

/** How soon a gateway that is not there is tried again, in milliseconds. */
const retryPause = 50;

/** Keeps writers busy until it is stopped, files what becomes of each write, and notes what should not be. */
export class Traffic {
  readonly complaints = new Set<string>();
  /** The longest time in which nothing was acknowledged, and the longest that an answer took; in milliseconds. */
  longest = { pause: 0, answer: 0 };
  readonly #ledger: Ledger;
  readonly #port: number;
  readonly #pause: number;
  readonly #writers: readonly Writer[];
  #lastAcknowledged = performance.now();
  #isStopped = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(ledger: Ledger, port: number, { writers, records, pause }: TrafficShape) {
    this.#ledger = ledger;
    this.#port = port;
    this.#pause = pause;
    this.#writers = doors.flatMap((door, place) =>
      Array.from({ length: door.size === 1 ? writers.single : writers.bulk }, (_, number) => ({
        door,
        references: Array.from({ length: records }, (__, record) => `${referencePrefix}${place}-${number}-${record}`),
        flowingSince: 0,
      })),
    );
  }

  start(): void {
    this.#lastAcknowledged = performance.now();
    this.#work = Promise.all(this.#writers.map((writer) => this.#keepWriting(writer)));
  }

  /** Lets the calls under way end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }

  /**
   * Waits until every writer has had a call acknowledged that it sent after `moment`, and answers how many milliseconds after
   * it that was. Throws where it never comes to that.
   */
  async waitForFlow(moment: number): Promise<number> {
    const deadline = performance.now() + flowPatience;
    while (!this.#writers.every(({ flowingSince }) => flowingSince > moment)) {
      if (performance.now() > deadline) throw new Error(`Nothing flows after ${flowPatience / 1_000} s.`);
      await delay(10);
    }
    return performance.now() - moment;
  }

  async #keepWriting(writer: Writer): Promise<void> {
    const client = new Client(this.#port);
    const { door, references } = writer;
    for (let place = 0; !this.#isStopped; place = (place + door.size) % references.length) {
      const writes = references.slice(place, place + door.size).map((reference) => this.#ledger.begin(reference));
      const { reply, sent } = await this.#send(client, door.createRequest(writes));
      const isAcknowledged = this.#file(door, writes, reply);
      if (isAcknowledged) this.#noteFlow(writer, sent);
      await delay(isAcknowledged ? this.#pause : pauseAfter(reply));
    }
    client.close();
  }

  /** Sends a request as soon as anybody takes it. */
  async #send(client: Client, request: Request): Promise<{ readonly reply: Reached; readonly sent: number }> {
    for (;;) {
      const sent = performance.now();
      const reply = await client.post(request);
      this.longest.answer = Math.max(this.longest.answer, performance.now() - sent);
      if (reply.kind !== 'unreached') return { reply, sent };
      await delay(retryPause);
    }
  }

  /** Whether all of the writes were acknowledged. */
  #file(door: Door, writes: readonly Write[], reply: Reached): boolean {
    if (reply.kind === 'hung') this.complaints.add(`${door.name}: no answer within ${patience / 1_000} s`);
    const verdicts = this.#judge(door, reply, writes.length);
    for (const [index, write] of writes.entries()) {
      this.#ledger.file(write, verdicts[index] ?? { fate: 'unknown', isChange: false });
    }
    return verdicts.length > 0 && verdicts.every(({ fate }) => fate === 'acknowledged');
  }

  #judge(door: Door, reply: Reached, count: number): ReturnType<typeof judgeReply> {
    try {
      return judgeReply(door, reply, count);
    } catch (error) {
      if (!(error instanceof UndocumentedAnswer)) throw error;
      this.complaints.add(`${door.name}: ${error.message}`);
      return [];
    }
  }

  #noteFlow(writer: Writer, sent: number): void {
    const now = performance.now();
    writer.flowingSince = sent;
    this.longest.pause = Math.max(this.longest.pause, now - this.#lastAcknowledged);
    this.#lastAcknowledged = now;
  }
}

function retryAfter({ headers }: Answer): number {
  return Number(headers['retry-after'] ?? 0) * 1_000;
}

function pauseAfter(reply: Reached): number {
  return reply.kind === 'answer' ? Math.max(retryAfter(reply), retryPause) : retryPause;
}
