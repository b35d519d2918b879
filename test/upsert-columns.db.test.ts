import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { upsertCustomers } from './support/upsert-lists.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** Fields of all kinds, each with what it is changed to by turns: as it is sent, and as it is stored. */
const fields = {
  barcode: [
    { sent: '4006381333931', stored: { barcode: '4006381333931' } },
    { sent: null, stored: { barcode: null } },
  ],
  isActive: [
    { sent: false, stored: { is_active: false } },
    { sent: true, stored: { is_active: true } },
  ],
  customerSegmentation: [
    { sent: { id: '1' }, stored: { segmentation_id: 1 } },
    { sent: null, stored: { segmentation_id: null } },
  ],
  billingCity: [
    { sent: 'Nice', stored: { billing_city: 'Nice', city: 'Nice' } },
    { sent: 'Paris', stored: { billing_city: 'Paris', city: 'Paris' } },
  ],
  creditLimit: [
    { sent: 12.5, stored: { credit_limit: 12.5 } },
    { sent: 0, stored: { credit_limit: 0 } },
  ],
  paymentTypes: [
    { sent: [{ id: '8' }, { id: '7' }], stored: { payment_type_ids: [7, 8] } },
    { sent: [], stored: { payment_type_ids: [] } },
  ],
} as const;

type Field = keyof typeof fields;

const names = [
  'barcode',
  'isActive',
  'customerSegmentation',
  'billingCity',
  'creditLimit',
  'paymentTypes',
] as const satisfies Field[];
const combinations = 2 ** names.length;

/** A customer as the changes leave it. */
class Expected {
  readonly reference: string;
  readonly #turns = new Map<Field, number>();
  #stored: object = {
    ...{ barcode: null, is_active: true, segmentation_id: null, billing_city: null, city: null },
    ...{ credit_limit: null, payment_type_ids: [] },
  };

  constructor(reference: string) {
    this.reference = reference;
  }

  get stored(): object {
    return this.#stored;
  }

  /** The change of those fields whose bits are set. */
  change(bits: number): UpsertCustomerInput {
    const sent = names
      .filter((_, index) => (bits >> index) % 2 === 1)
      .map((name) => {
        const turn = this.#turns.get(name) ?? 0;
        this.#turns.set(name, turn + 1);
        const value = fields[name][turn % 2 === 0 ? 0 : 1];
        this.#stored = { ...this.#stored, ...value.stored };
        return [name, value.sent] as const;
      });
    return { reference: this.reference, name: 'Few changes', ...Object.fromEntries(sent) };
  }
}

async function readStored(reference: string): Promise<object> {
  return gateway.database.db
    .selectFrom('customers')
    .select(['barcode', 'is_active', 'segmentation_id', 'billing_city', 'city', 'credit_limit', 'payment_type_ids'])
    .where('reference', '=', reference)
    .executeTakeFirstOrThrow();
}

// What comes several times gets a statement of its own, of which there are fewer than combinations.
it('changes of a few fields are written beside each other, and all other fields stay, in whatever combinations', async () => {
  const customers = [new Expected('few-1'), new Expected('few-2')];
  for (let bits = 0; bits < combinations; bits += 1) {
    for (let times = 0; times < 3; times += 1) {
      const inputs = customers.map((customer, index) => customer.change(index === 0 ? bits : bits & 0b10_1010));
      const results = await upsertCustomers(
        gateway.deps,
        gateway.actor,
        inputs.map((input) => ({ input, problems: [] })),
      );
      expect(results.every(({ ok }) => ok)).toBe(true);
      for (const { reference, stored } of customers) expect(await readStored(reference)).toEqual(stored);
    }
  }
});
