import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

const fields = ['barcode', 'email', 'phone', 'mobile', 'fax', 'comment', 'website'] as const;
const combinations = 2 ** fields.length;

type Texts = Readonly<Record<string, string | null>>;

/** New values for the fields whose bit is set; every fifth clears. */
function change(bits: number, round: number): Texts {
  const chosen = fields.filter((_, index) => (bits >> index) % 2 === 1);
  return Object.fromEntries(
    chosen.map((field, index) => [field, (round + index) % 5 === 0 ? null : `${field} ${round}`]),
  );
}

async function readTexts(reference: string): Promise<Texts> {
  return gateway.database.db
    .selectFrom('customers')
    .select(fields)
    .where('reference', '=', reference)
    .executeTakeFirstOrThrow();
}

// More combinations than there are statements for some columns only.
it('changes of a few fields are written beside each other, and all other fields stay, in whatever combinations', async () => {
  const stored = new Map<string, Texts>();
  for (let round = 0; round < combinations; round += 1) {
    const changes = new Map([
      ['few-1', change(round, round)],
      ['few-2', change((round * 37) % combinations, round)],
    ]);
    const items = Array.from(changes, ([reference, texts]) => ({
      input: { reference, name: reference, ...texts },
      problems: [],
    }));
    const results = await upsertCustomers(gateway.deps, gateway.actor, items);
    for (const [index, [reference, texts]] of [...changes].entries()) {
      const before = stored.get(reference) ?? Object.fromEntries(fields.map((field) => [field, null]));
      const after = { ...before, ...texts };
      stored.set(reference, after);
      expect(await readTexts(reference)).toEqual(after);
      if (round === 0) continue;
      const changed = fields.filter((field) => before[field] !== after[field]);
      expect(results[index]).toMatchObject({ ok: true, changedFields: changed });
    }
  }
});
