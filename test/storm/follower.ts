import { setTimeout as delay } from 'node:timers/promises';
import { dig } from './dig.ts';
import type { FeedEntry } from './ledger.ts';
import { Client } from './post.ts';
import { referencePrefix } from './traffic.ts';

const query = `query ($after: String) {
  changes(after: $after, first: 1000) { nodes { reference version outcome } endCursor hasNextPage }
}`;

const pageSize = 1_000;
const pauses = { caughtUp: 200, failed: 200 };

/** What is read of a page of the feed; undefined where it was not answered. */
type Page = { readonly entries: readonly FeedEntry[]; readonly endCursor: string | null };

/** Follows the feed of changes through everything, as a system would that wants each change exactly once. */
export class Follower {
  readonly entries: FeedEntry[] = [];
  readonly complaints = new Set<string>();
  readonly #client: Client;
  #cursor: string | null = null;
  #isStopped = false;
  #work: Promise<void> = Promise.resolve();

  constructor(port: number) {
    this.#client = new Client(port);
  }

  start(): void {
    this.#work = this.#follow();
  }

  /** Reads on until there is nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    this.#client.close();
  }

  async #follow(): Promise<void> {
    for (;;) {
      const page = await this.#readPage();
      if (page) this.#take(page);
      const isAtEnd = page?.entries.length === 0;
      if (isAtEnd && this.#isStopped) return;
      if (!page) await delay(pauses.failed);
      else if (page.entries.length < pageSize) await delay(pauses.caughtUp);
    }
  }

  #take({ entries, endCursor }: Page): void {
    this.entries.push(...entries.filter(({ reference }) => reference.startsWith(referencePrefix)));
    this.#cursor = endCursor ?? this.#cursor;
  }

  async #readPage(): Promise<Page | undefined> {
    const body = JSON.stringify({ query, variables: { after: this.#cursor } });
    const reply = await this.#client.post({ path: '/graphql', type: 'application/json', body });
    if (reply.kind === 'hung') this.complaints.add('the feed: no answer');
    if (reply.kind !== 'answer' || reply.status === 503) return undefined;
    const feed = reply.status === 200 ? dig(JSON.parse(reply.body), 'data', 'changes') : undefined;
    const nodes = dig(feed, 'nodes');
    if (!Array.isArray(nodes)) {
      this.complaints.add(`the feed: undocumented answer: ${reply.status} ${reply.body.slice(0, 300)}`);
      return undefined;
    }
    const endCursor = dig(feed, 'endCursor');
    return { entries: nodes.map(toEntry), endCursor: typeof endCursor === 'string' ? endCursor : null };
  }
}

function toEntry(node: unknown): FeedEntry {
  const [reference, version, outcome] = ['reference', 'version', 'outcome'].map((name) => dig(node, name));
  return { reference: String(reference), version: Number(version), outcome: String(outcome).toLowerCase() };
}
