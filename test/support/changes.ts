import { expect, vi } from 'vitest';
import type { GraphAnswer, TestGateway } from './gateway.ts';

/** A change as the tests select it. */
export type ChangeNode = {
  readonly cursor: string;
  readonly kind: string;
  readonly outcome: string;
  readonly recordId: string;
  readonly reference: string;
  readonly version: number;
  readonly changedFields: readonly string[];
  readonly changedAt: string;
  readonly door: string;
  readonly actor: { readonly reference: string } | null;
  readonly customer: { readonly reference: string; readonly name: string } | null;
  readonly customerCategory: { readonly reference: string; readonly name: string } | null;
};

export type ChangePage = {
  readonly nodes: readonly ChangeNode[];
  readonly endCursor: string;
  readonly hasNextPage: boolean;
};

export const changeFields = `cursor kind outcome recordId reference version changedFields changedAt door
  actor { reference } customer { reference name } customerCategory { reference name }`;

const feedQuery = `query ($after: String, $first: Int) {
  changes(after: $after, first: $first) { nodes { ${changeFields} } endCursor hasNextPage }
}`;

type Ask = Pick<TestGateway, 'graphql'>;

/** Asks for a page of the feed, whatever comes back. */
export function askChanges(gateway: Ask, page: { after?: string; first?: number } = {}): Promise<GraphAnswer> {
  return gateway.graphql(feedQuery, page);
}

/** A page of the feed. */
export async function readPage(gateway: Ask, page: { after?: string; first?: number } = {}): Promise<ChangePage> {
  const answer = await askChanges(gateway, page);
  expect(answer.errors).toBeUndefined();
  return answer.data?.['changes'] as ChangePage;
}

/** Every change behind a cursor that can be read by now. */
export async function readFeed(gateway: Ask, after?: string): Promise<ChangeNode[]> {
  const nodes: ChangeNode[] = [];
  let page = await readPage(gateway, { first: 1000, ...(after !== undefined && { after }) });
  for (; ; page = await readPage(gateway, { first: 1000, after: page.endCursor })) {
    nodes.push(...page.nodes);
    if (!page.hasNextPage) return nodes;
  }
}

/** Every change behind a cursor, once there are as many: others on the same server may hold them back for a moment. */
export async function awaitFeed(gateway: Ask, after: string | undefined, count: number): Promise<ChangeNode[]> {
  await vi.waitUntil(async () => (await readFeed(gateway, after)).length >= count, { timeout: 20_000 });
  return readFeed(gateway, after);
}

/** The cursor behind everything done so far, once `reference`, written last, shows. */
export async function findEnd(gateway: TestGateway): Promise<string> {
  const reference = `mark-${Math.random()}`;
  await gateway.postCustomer(reference, { name: 'mark' });
  const find = async () => (await readFeed(gateway)).find((change) => change.reference === reference)?.cursor;
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return (await find()) ?? '';
}
