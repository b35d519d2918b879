import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { findDatabaseKind } from './support/database.ts';
import { graphqlRequest } from './support/gateway.ts';
import { listOrganizationTables, marks, openTwoOrganizations } from './support/two-organizations.ts';

/** As many as a suite has time for; `ISOLATION_OPERATIONS=10000` is what it is about. */
const operations = Number(process.env['ISOLATION_OPERATIONS'] ?? (findDatabaseKind() === 'postgres' ? 1_000 : 250));
const workers = 64;
const poolSize = 4;

type Calling = { readonly mark: string; readonly turn: number };

const related = 'name city customerCategory { name } createdBy { name } paymentTypes { name } region { name }';
const customer = `customer { ${related} parentCustomer { ${related} } organization { name currencies } }`;
const upserted = `... on UpsertCustomerSuccess { outcome ${customer} } ... on UpsertFailure { errors { message } }`;

const graphql = (query: string, variables: Record<string, unknown> = {}) =>
  ['/graphql', graphqlRequest(query, variables)] as const;

const inputOf = ({ mark, turn }: Calling) => ({
  reference: `c-${turn % 40}`,
  name: `${mark} ${turn}`,
  city: mark,
  createdBy: { id: '2' },
  paymentTypes: [{ reference: turn % 2 ? 'cash' : 'cheque' }],
});

/** Calls of all kinds through both doors; every text that they may answer with has the mark of its organization. */
const calls: readonly ((calling: Calling) => readonly [address: string, init?: RequestInit])[] = [
  ({ mark, turn }) => {
    const body = new URLSearchParams({ name: `${mark} ${turn}`, city: mark, paymentTypes: '[{"id":7},{"id":9}]' });
    return [`/api/v1.0/customers/reference/c-${turn % 40}`, { method: 'POST', body }];
  },
  (calling) =>
    graphql(`mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ${upserted} } }`, {
      input: inputOf(calling),
    }),
  (calling) =>
    graphql(
      `mutation ($inputs: [UpsertCustomersInput!]!) { upsertCustomers(inputs: $inputs, onError: REJECT_ALL) {
        created results { ${upserted} }
      } }`,
      { inputs: [0, 1, 2].map((more) => inputOf({ ...calling, turn: calling.turn + more })) },
    ),
  ({ mark, turn }) =>
    graphql(`mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ${upserted} } }`, {
      input: {
        reference: `child-${turn % 5}`,
        name: `${mark} child`,
        city: mark,
        isSubCustomer: true,
        parentCustomer: { reference: `c-${turn % 10}` },
      },
    }),
  (calling) =>
    graphql(
      `mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input, validateOnly: true) { ${upserted} } }`,
      { input: inputOf(calling) },
    ),
  ({ mark, turn }) => {
    const body = new URLSearchParams({ name: `${mark} category`, parentId: turn % 2 ? '1' : '2' });
    return [`/api/v1.0/customerCategories/reference/new-${turn % 3}`, { method: 'POST', body }];
  },
  ({ turn }) =>
    graphql(`{ customers(first: ${1 + (turn % 20)}, orderBy: [{ field: NAME }]) { totalCount nodes { ${related} } } }`),
  () =>
    graphql(
      '{ customerCategories(first: 50) { nodes { name parent { name } ancestors { name } customers(first: 5) { nodes { name } } } } }',
    ),
  () => graphql('{ changes(first: 50) { nodes { reference customer { name } customerCategory { name } } } }'),
  () =>
    graphql(
      '{ users { name } paymentTypes { name } customerSegmentations { name } regions { name } organization { name currencies } }',
    ),
  ({ turn }) => [`/api/v1.0/customers/reference/c-${turn % 10}`],
  // What fails must leave nothing behind on its connection either.
  ({ mark, turn }) => {
    const body = new URLSearchParams({ name: `${mark} bad`, city: mark, paymentTypes: '[{"id":4711}]' });
    return [`/api/v1.0/customers/reference/c-${turn % 40}`, { method: 'POST', body }];
  },
];

it(`${workers} workers of two organizations on ${poolSize} connections meet no foreign row`, async () => {
  await using two = await openTwoOrganizations(poolSize);
  const { gateway, own, other } = two;
  const sides = [
    { name: own.organization.name, mark: marks.own, foreign: marks.other },
    { name: other.organization.name, mark: marks.other, foreign: marks.own },
  ];
  let turn = 0;
  const answered = new Map<string, number>();
  const work = async (worker: number): Promise<void> => {
    const side = sides[worker % 2] ?? expect.fail();
    while (turn < operations) {
      turn += 1;
      const kind = (turn + worker) % calls.length;
      const [address, init] = calls[kind]?.({ mark: side.mark, turn }) ?? expect.fail();
      const headers = new Headers(init?.headers);
      headers.set('x-organization', side.name);
      const response = await gateway.fetch(address, { ...init, headers });
      const text = await response.text();
      // So many may well be too many bulk upserts at once.
      if (response.status !== 503) expect(response.status, text).toBeLessThan(500);
      expect(text).not.toContain(side.foreign);
      if (text.includes(side.mark))
        answered.set(`${side.mark} ${kind}`, (answered.get(`${side.mark} ${kind}`) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  // Every kind but the one that fails has shown rows of both.
  expect(answered.size).toBe((calls.length - 1) * 2);
  const { db } = gateway.database;
  for (const { foreign, mark } of sides) {
    const id = mark === marks.own ? own.organization.id : other.organization.id;
    for (const table of await listOrganizationTables(db)) {
      const { rows } = await sql`
        select * from ${sql.table(table)} t where organization_id = ${id} and to_jsonb(t)::text like ${`%${foreign}%`}`.execute(
        db,
      );
      expect(rows).toEqual([]);
    }
  }
});
