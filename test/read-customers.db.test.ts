import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inOrganization } from '../src/db/organization.ts';
import { type CustomerSnapshot, readCustomers } from '../src/services/customers/read.ts';
import type { Index } from '../src/services/upsert/relations.ts';
import { customerParameterRows } from './fixtures/contract/customer-parameters.ts';
import { makePicture } from './support/pictures.ts';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { expectDone } from './support/rest.ts';

let gateway: TestGateway;
const references: string[] = [];

/** A customer with each parameter, one with a picture and one with what JSON has to escape. */
beforeAll(async () => {
  gateway = await openTestGateway();
  expectDone(await gateway.postCustomer('a-parent', { name: 'A parent', categoryId: 'jewelry' }), 'created');
  const sent = [
    ...customerParameterRows.map(({ name, sent: value, needs }) => ({ name: 'Any', ...needs, [name]: value })),
    {
      name: 'With a picture',
      imageFile: new File([new Uint8Array(await makePicture({ format: 'png', width: 8, height: 8 }))], 'logo.png'),
    },
    { name: '"quoted", \\ and\nbroken', comment: '[null, {"a": 1}] \u2028 \u{1F600}', fax: 'null' },
  ];
  for (const [index, fields] of sent.entries()) {
    const reference = `read-${index}`;
    expectDone(await gateway.postCustomer(reference, fields), 'created');
    references.push(reference);
  }
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Asked = { readonly withRelated?: boolean; readonly parent?: string };

function read(named: readonly string[], { withRelated = true, parent }: Asked = {}): Promise<CustomerSnapshot> {
  const { deps, actor } = gateway;
  const key = parent === undefined ? {} : { parentCustomer: { reference: parent } };
  const inputs = named.map((reference) => ({ reference, ...key }));
  return readCustomers(inOrganization(deps.db, actor.organization.id), actor.organization.id, {
    inputs,
    userIds: [],
    withRelated,
  });
}

function listRows<Row>({ byId }: Index<Row>): Row[] {
  return [...byId.values()];
}

const relations = ['categories', 'segmentations', 'users', 'paymentTypes', 'regions'] as const;

describe('customers that are read', () => {
  it('are the same whether they are read one by one, many at once or without what is related to them', async () => {
    const together = await read(references);
    const bare = await read(references, { withRelated: false });
    for (const reference of references) {
      const alone = (await read([reference])).customers.byReference.get(reference);
      expect(alone).toMatchObject({ reference, version: 1, dateCreated: expect.any(Date) as Date });
      expect(together.customers.byReference.get(reference)).toStrictEqual(alone);
      expect(bare.customers.byReference.get(reference)).toStrictEqual(alone);
    }
    expect(listRows(bare.customers)).toHaveLength(references.length);
    expect(listRows(bare.customers).filter(({ logo }) => logo)).toHaveLength(1);
  });

  it('come with what is related to any of them, and with their parents, where that is wanted', async () => {
    const together = await read(references);
    const found = new Set(listRows(together.customers).map(({ reference }) => reference));
    expect(found).toEqual(new Set([...references, 'a-parent']));
    for (const reference of references) {
      const alone = await read([reference]);
      for (const relation of relations) {
        const ids = new Set(listRows<{ readonly id: number }>(together[relation]).map(({ id }) => id));
        for (const { id } of listRows<{ readonly id: number }>(alone[relation])) expect(ids).toContain(id);
      }
    }
    expect(together.paymentTypes.byId.size).toBeGreaterThan(0);
    const bare = await read(references, { withRelated: false });
    for (const relation of ['segmentations', 'users', 'paymentTypes', 'regions'] as const) {
      expect(listRows<unknown>(bare[relation])).toEqual([]);
    }
    expect(bare.root).toEqual(together.root);
  });

  it('come with the parents that inputs name, also without what is related', async () => {
    for (const named of [references.slice(0, 1), references]) {
      const { customers, ancestors } = await read(named, { withRelated: false, parent: 'a-parent' });
      const parent = customers.byReference.get('a-parent');
      expect(parent).toMatchObject({ name: 'A parent' });
      expect(ancestors.get(parent?.id ?? 0)).toBeNull();
      expect(listRows(customers)).toHaveLength(named.length + 1);
    }
  });

  it('may be none at all', async () => {
    const none = Array.from({ length: 12 }, (_, index) => `nobody-${index}`);
    for (const withRelated of [true, false]) {
      expect(listRows((await read(none, { withRelated })).customers)).toEqual([]);
    }
  });
});
