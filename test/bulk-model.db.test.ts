import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor } from '../src/actor.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import type { CustomerResult } from '../src/services/customers/upsert.ts';
import { type Services, createServices } from '../src/services/services.ts';
import type { OnError } from '../src/services/upsert/bulk.ts';
import type { UpsertItem } from '../src/services/upsert/types.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { createRootedOrganization } from './support/organizations.ts';

/*
 * Two organizations that are alike get the same calls: one in bulk, the other one by one, parents first. They must answer
 * the same and stay alike.
 */

let gateway: TestGateway;
let services: Services;

beforeAll(async () => {
  gateway = await openTestGateway();
  services = createServices(gateway.deps);
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Item = UpsertItem<UpsertCustomerInput>;
type Call = { readonly items: readonly Item[]; readonly onError: OnError };

const parents = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'x', 'y', 'nobody');
const change = fc.record({
  reference: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', ' a', 'x', 'y', ''),
  name: fc.constantFrom('n', 'n', 'n', 'm', undefined, ' '),
  email: fc.constantFrom(undefined, undefined, 'p', null, 'l'.repeat(256)),
  isSubCustomer: fc.constantFrom(true, true, undefined, false),
  parentCustomer: parents.map((reference) => ({ reference })),
});
const rename = fc.record({
  reference: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  newReference: fc.constantFrom('x', 'y'),
});

const item: fc.Arbitrary<Item> = fc.record({
  input: fc.oneof({ weight: 8, arbitrary: change }, { weight: 1, arbitrary: rename }),
  problems: fc.constant([]),
  intent: fc.record({ ifVersion: fc.constantFrom(undefined, undefined, undefined, undefined, 1) }),
});

/** Items that use no reference twice, which is the one thing that a bulk upsert does not take. */
const items = fc
  .uniqueArray(item, { selector: ({ input }) => input.reference.trim(), minLength: 1, maxLength: 7 })
  .filter((all) => {
    const used = all.flatMap(({ input }) => [input.reference, ...(input.newReference ? [input.newReference] : [])]);
    return new Set(used).size === used.length;
  });

const call: fc.Arbitrary<Call> = fc.record({
  items,
  onError: fc.constantFrom('skipFailed', 'skipFailed', 'rejectAll'),
});

async function readCustomers({ organization }: Actor) {
  return gateway.deps.db
    .selectFrom('customers as c')
    .leftJoin('customers as p', 'p.id', 'c.parent_id')
    .select(['c.reference', 'c.name', 'c.email', 'c.version', 'p.reference as parent'])
    .where('c.organization_id', '=', organization.id)
    .orderBy('c.reference')
    .execute();
}

/** The items in their order, but what is to be created ahead of its children, and renames after all else. */
function putParentsFirst(all: readonly Item[], existing: ReadonlySet<string>): readonly Item[] {
  const ordered = new Set<Item>();
  const visited = new Set<Item>();
  const visit = (each: Item) => {
    if (visited.has(each)) return;
    visited.add(each);
    const { reference, isSubCustomer, parentCustomer } = each.input;
    const isSub = isSubCustomer ?? existing.has(reference.trim());
    const needed = all.find(({ input }) => isSub && input.reference.trim() === parentCustomer?.reference);
    if (needed && !existing.has(needed.input.reference.trim())) visit(needed);
    ordered.add(each);
  };
  for (const each of all) visit(each);
  return [...ordered].toSorted((a, b) => Number('newReference' in a.input) - Number('newReference' in b.input));
}

function tell(result: CustomerResult | undefined): string {
  if (!result?.ok) return (result?.errors ?? []).map(({ code, path }) => `${code} ${path.join('.')}`).join(', ');
  const { outcome, record, changedFields, warnings } = result;
  const codes = warnings.map(({ code }) => code);
  return [`${outcome} ${record.reference}@${record.version}`, ...changedFields, ...codes].join(' ');
}

async function upsertOneByOne(actor: Actor, all: readonly Item[]): Promise<string[]> {
  const existing = new Set((await readCustomers(actor)).map(({ reference }) => reference));
  const told = new Map<Item, string>();
  for (const each of putParentsFirst(all, existing)) told.set(each, tell(await services.upsertCustomer(actor, each)));
  return all.map((each) => told.get(each) ?? 'nothing');
}

async function upsertInBulk(actor: Actor, { items: all, onError }: Call, validateOnly = false): Promise<string[]> {
  const rules = { onError, onDuplicate: 'reject', validateOnly } as const;
  const { results, counts } = await services.upsertCustomers(actor, all, rules);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(all.length);
  return results.map(tell);
}

const isFailure = (told: string) => !/^(created|updated|unchanged) /.test(told);

it('a bulk upsert ends as its items do one by one, parents first; one that rejects all does so or changes nothing', async () => {
  let run = 0;
  const property = fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 5 }), async (calls) => {
    run += 1;
    const bulk = await createRootedOrganization(gateway.deps.db, `bulk-${run}`);
    const single = await createRootedOrganization(gateway.deps.db, `single-${run}`);
    for (const each of calls) {
      const before = await readCustomers(bulk);
      const tried = await upsertInBulk(bulk, { ...each, onError: 'skipFailed' }, true);
      expect(await readCustomers(bulk)).toEqual(before);
      const told = await upsertInBulk(bulk, each);
      if (each.onError === 'rejectAll' && tried.some(isFailure)) {
        expect(told).toEqual(tried.map((one) => (isFailure(one) ? one : 'aborted ')));
        expect(await readCustomers(bulk)).toEqual(before);
      } else {
        expect(told).toEqual(tried);
        expect(told).toEqual(await upsertOneByOne(single, each.items));
      }
      expect(await readCustomers(bulk)).toEqual(await readCustomers(single));
    }
  });
  await fc.assert(property, { numRuns: 25 });
});
