import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeServer } from '../src/app.ts';
import { texts } from '../src/contract/errors.ts';
import { inOrganization } from '../src/db/organization.ts';
import type { Database } from '../src/db/schema.ts';
import { limits } from '../src/contract/limits.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { customerModel } from '../src/services/customers/upsert.ts';
import { ServiceUnavailableError } from '../src/services/errors.ts';
import { createServices } from '../src/services/services.ts';
import { type BulkRules, upsertBulk } from '../src/services/upsert/bulk.ts';
import { UpsertEngine } from '../src/services/upsert/engine.ts';
import {
  type GraphAnswer,
  type TestGateway,
  anybody,
  graphqlRequest,
  openTestGateway,
  publicUrl,
} from './support/gateway.ts';
import { categoryMutation, customerMutation, readTables, resultOf } from './support/upserts.ts';
import { loseCommit, watch } from './support/watch.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Input = Record<string, unknown> & { readonly reference: string };

/** A bulk upsert's payload; each result as `outcome reference@version`, or its errors as `CODE path`. */
type Told = { readonly counts: Record<string, number>; readonly results: readonly string[] };

const parameters = `$onError: BulkOnError! = SKIP_FAILED, $onDuplicate: BulkOnDuplicate! = REJECT, $mode: UpsertMode! = UPSERT, $validateOnly: Boolean! = false`;
const options = 'onError: $onError, onDuplicate: $onDuplicate, mode: $mode, validateOnly: $validateOnly';
const result = `__typename
  ... on UpsertSuccess { outcome changedFields warnings { code path } }
  ... on UpsertFailure { errors { code message path currentVersion } }`;

const customersMutation = `mutation ($inputs: [UpsertCustomersInput!]!, ${parameters}) {
  bulk: upsertCustomers(inputs: $inputs, ${options}) { created updated unchanged failed superseded results { ${result}
    ... on UpsertCustomerSuccess {
      changes { field before after }
      record: customer {
        reference name version customerCategory { reference parent { reference } } parentCustomer { reference name version }
        customerSegmentation { reference } createdBy { reference } paymentTypes { reference } region { name }
      }
    }
  } }
}`;

const categoriesMutation = `mutation ($inputs: [UpsertCustomerCategoriesInput!]!, ${parameters}) {
  bulk: upsertCustomerCategories(inputs: $inputs, ${options}) { created updated unchanged failed superseded results { ${result}
    ... on UpsertCustomerCategorySuccess {
      changes { field before after }
      record: customerCategory { reference name version parent { reference } ancestors { reference } }
    }
  } }
}`;

type Payload = Record<string, number> & { readonly results: readonly Result[] };
type Result = {
  readonly outcome?: string;
  readonly warnings?: readonly { readonly code: string; readonly path: readonly string[] }[];
  readonly record?: { readonly reference: string; readonly version: number } & Record<string, unknown>;
  readonly errors?: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
};

function payloadOf(answer: GraphAnswer): Payload {
  expect(answer).toMatchObject({ status: 200, data: { bulk: {} } });
  expect(answer.errors).toBeUndefined();
  return answer.data?.['bulk'] as Payload;
}

function tell({ results, ...counts }: Payload): Told {
  const tellResult = ({ outcome, record, warnings = [], errors = [] }: Result) =>
    record
      ? [`${outcome} ${record.reference}@${record.version}`, ...warnings.map(({ code }) => code)].join(' ')
      : errors.map(({ code, path }) => `${code} ${path.join('.')}`.trim()).join(', ');
  const happened = Object.entries(counts).filter(([, count]) => count > 0);
  return { counts: Object.fromEntries(happened), results: results.map(tellResult) };
}

const sendCustomers = async (inputs: readonly Input[], more: object = {}) =>
  payloadOf(await gateway.graphql(customersMutation, { inputs, ...more }));
const sendCategories = async (inputs: readonly Input[], more: object = {}) =>
  payloadOf(await gateway.graphql(categoriesMutation, { inputs, ...more }));

const under = (reference: string, parent: string) => ({ reference, name: 'n', parent: { reference: parent } });
const below = (reference: string, parent: string) => ({
  reference,
  name: 'n',
  isSubCustomer: true,
  parentCustomer: { reference: parent },
});

/** Checks that `work` changes nothing stored, not even a file. */
async function expectUntouched<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const before = await readTables(gateway);
  const answer = await work();
  expect(await readTables(gateway)).toBe(before);
  expect(await gateway.imageFiles()).toEqual([]);
  return answer;
}

/** A gateway on another view of the same database. */
function composeOn(db: Database) {
  const door = gateway.open(composeServer({ ...gateway.deps, db, auth: anybody, publicUrl }));
  return async (query: string, variables: Record<string, unknown>): Promise<GraphAnswer> => {
    const fetch = await door;
    const response = await fetch('/graphql', graphqlRequest(query, variables));
    return { status: response.status, ...((await response.json()) as Omit<GraphAnswer, 'status'>) };
  };
}

describe('a bulk upsert', () => {
  it('answers every item in its place, and counts what became of them', async () => {
    await sendCustomers([
      { reference: 'own-3', name: 'three' },
      { reference: 'own-4', name: 'four' },
    ]);
    const payload = await sendCustomers([
      { reference: 'own-1', name: 'one', paymentTypes: [{ id: 8 }, { reference: 'cash' }] },
      { reference: 'own-2', billingLat: 91, paymentTypes: [{ id: 7 }, { id: 999 }] },
      { reference: 'own-3', name: 'THREE' },
      { reference: 'own-4', name: 'four' },
      { reference: ' ', name: 'blank' },
      { reference: 'own-6', name: 'six', billWithParent: true },
    ]);
    expect(tell(payload)).toEqual({
      counts: { created: 2, updated: 1, unchanged: 1, failed: 2 },
      results: [
        'CREATED own-1@1',
        'MISSING_PARAM name, INVALID_PARAM_TYPE billingLat, NOT_FOUND paymentTypes.1',
        'UPDATED own-3@2',
        'UNCHANGED own-4@1',
        'MISSING_PARAM reference',
        'CREATED own-6@1 BILL_WITH_PARENT_IGNORED',
      ],
    });
    expect(payload.results[0]).toMatchObject({
      record: { paymentTypes: [{ reference: 'cash' }, { reference: 'cheque' }] },
    });
    expect(payload.results[2]).toMatchObject({ changes: [{ field: 'name', before: 'three', after: 'THREE' }] });
  });

  it('takes parents and children in any order', async () => {
    const categories = await sendCategories([under('any-3', 'any-2'), under('any-1', 'root'), under('any-2', 'any-1')]);
    expect(tell(categories).counts).toEqual({ created: 3 });
    expect(categories.results[0]).toMatchObject({
      record: { parent: { reference: 'any-2' }, ancestors: [{}, { reference: 'any-1' }, { reference: 'any-2' }] },
    });
    const customers = await sendCustomers([
      { ...below('any-sub', 'any-boss'), customerCategory: { reference: 'any-3' } },
      { reference: 'any-boss', name: 'Boss' },
    ]);
    expect(customers.results[0]).toMatchObject({
      record: {
        parentCustomer: { reference: 'any-boss', name: 'Boss', version: 1 },
        customerCategory: { reference: 'any-3', parent: { reference: 'any-2' } },
      },
    });
  });

  it('answers a parent that it changed itself as it stands now', async () => {
    await sendCustomers([{ reference: 'now-boss', name: 'old' }, below('now-sub', 'now-boss')]);
    const { results } = await sendCustomers([
      { reference: 'now-sub', city: 'Nice' },
      { reference: 'now-boss', name: 'new' },
    ]);
    expect(results[0]).toMatchObject({ record: { parentCustomer: { name: 'new', version: 2 } } });
  });

  it('follows the references that records had before it, whatever it renames', async () => {
    await sendCustomers([{ reference: 'was', name: 'n' }]);
    const { results } = await sendCustomers([
      { reference: 'was', newReference: 'is' },
      below('of-was', 'was'),
      below('of-is', 'is'),
    ]);
    expect(tell({ results } as unknown as Payload).results).toEqual([
      'UPDATED is@2',
      'CREATED of-was@1',
      'NOT_FOUND parentCustomer',
    ]);
    expect(results[1]).toMatchObject({ record: { parentCustomer: { reference: 'is' } } });
  });

  it('ruling 35: closes no circle, among new records or by moves', async () => {
    const created = await sendCustomers([below('circle-a', 'circle-b'), below('circle-b', 'circle-a')]);
    expect(tell(created).results).toEqual(['NOT_FOUND parentCustomer', 'NOT_FOUND parentCustomer']);
    await sendCategories(['turn-a', 'turn-b', 'turn-c'].map((reference) => under(reference, 'root')));
    const moves = [under('turn-a', 'turn-b'), under('turn-b', 'turn-c'), under('turn-c', 'turn-a')];
    expect(tell(await sendCategories(moves)).results).toEqual([
      'UPDATED turn-a@2',
      'UPDATED turn-b@2',
      'SAVE_FAILED parent',
    ]);
  });

  it('ruling 34: lets no second root in, and the root stay what it is', async () => {
    const roots = ['root-x', 'root', 'root-y'].map((reference) => ({ reference, name: 'All customers', isRoot: true }));
    for (const onError of ['SKIP_FAILED', 'REJECT_ALL']) {
      const { results } = tell(await sendCategories(roots, { onError }));
      const kept = onError === 'SKIP_FAILED' ? 'UNCHANGED root@1' : 'ABORTED';
      expect(results).toEqual(['SAVE_NOT_AUTHORIZED isRoot', kept, 'SAVE_NOT_AUTHORIZED isRoot']);
    }
  });

  it('takes the mode for all items, and a version for each', async () => {
    await sendCustomers([{ reference: 'mode-1', name: 'n' }]);
    const inputs = ['mode-1', 'mode-2'].map((reference) => ({ reference, name: 'm' }));
    const create = await expectUntouched(() => sendCustomers(inputs.slice(0, 1), { mode: 'CREATE_ONLY' }));
    const update = await expectUntouched(() => sendCustomers(inputs.slice(1), { mode: 'UPDATE_ONLY' }));
    expect([create, update].map((each) => tell(each).results)).toEqual([
      ['CONFLICT reference'],
      ['CONFLICT reference'],
    ]);
    const versions = await sendCustomers([
      { reference: 'mode-1', name: 'v', ifVersion: 2 },
      { reference: 'mode-2', name: 'v' },
    ]);
    expect(versions.results).toMatchObject([
      { errors: [{ code: 'CONFLICT', currentVersion: 1 }] },
      { outcome: 'CREATED' },
    ]);
    expect(tell(await sendCustomers([{ reference: 'mode-1', name: 'v', ifVersion: 1 }])).results).toEqual([
      'UPDATED mode-1@2',
    ]);
  });

  it.each(['SKIP_FAILED', 'REJECT_ALL'])('with validateOnly does everything and keeps nothing: %s', async (onError) => {
    const inputs = [below('tried-sub', 'tried-boss'), { reference: 'tried-boss', name: 'n' }, under('jewelry', 'root')];
    const customers = await expectUntouched(() => sendCustomers(inputs.slice(0, 2), { onError, validateOnly: true }));
    expect(customers.results[0]).toMatchObject({
      outcome: 'CREATED',
      record: { parentCustomer: { reference: 'tried-boss' } },
    });
    expect(tell(customers).counts).toEqual({ created: 2 });
    const categories = await expectUntouched(() =>
      sendCategories([under('jewelry', 'root')], { onError, validateOnly: true }),
    );
    expect(tell(categories).results).toEqual(['UPDATED jewelry@2']);
  });

  it('is in the feed of changes item by item', async () => {
    await sendCustomers(['feed-1', 'feed-2'].map((reference) => ({ reference, name: 'n' })));
    const changes = gateway.deps.db.selectFrom('changes').select(['reference', 'door', 'outcome']);
    expect(await changes.where('reference', 'like', 'feed-%').orderBy('reference').execute()).toEqual([
      { reference: 'feed-1', door: 'graphql', outcome: 'created' },
      { reference: 'feed-2', door: 'graphql', outcome: 'created' },
    ]);
  });
});

describe('ruling 3: one reference several times in a bulk upsert', () => {
  const repeated = [
    { reference: 'twice-é', name: 'first', email: 'first@example.com' },
    { reference: 'once', name: 'n' },
    { reference: ' twice-e\u0301 ', name: 'second' },
  ];

  it('is refused by default wherever it stands, and the others are done', async () => {
    const payload = await sendCustomers(repeated, { validateOnly: true });
    expect(tell(payload)).toEqual({
      counts: { created: 1, failed: 2 },
      results: ['DUPLICATE reference', 'CREATED once@1', 'DUPLICATE reference'],
    });
    expect(payload.results[0]).toMatchObject({ errors: [{ message: 'The call uses this reference more than once.' }] });
  });

  it('with LAST_WINS is done once, as the last one says, and the earlier ones are left out', async () => {
    const payload = await sendCustomers(repeated, { onDuplicate: 'LAST_WINS' });
    expect(tell(payload)).toEqual({
      counts: { created: 2, superseded: 1 },
      results: ['CREATED twice-é@1 SUPERSEDED', 'CREATED once@1', 'CREATED twice-é@1'],
    });
    const row = await gateway.deps.db.selectFrom('customers').selectAll().where('reference', '=', 'twice-é').execute();
    expect(row).toMatchObject([{ name: 'second', email: null }]);
  });

  it('with LAST_WINS fails like the last one', async () => {
    const inputs = [{ reference: 'fails', name: 'fine' }, { reference: 'fails' }];
    expect(tell(await expectUntouched(() => sendCustomers(inputs, { onDuplicate: 'LAST_WINS' })))).toEqual({
      counts: { failed: 1, superseded: 1 },
      results: ['MISSING_PARAM name', 'MISSING_PARAM name'],
    });
  });

  it.each(['REJECT', 'LAST_WINS'])(
    'is refused as a new reference that another item uses too: %s',
    async (onDuplicate) => {
      const references = ['a', 'b', 'c', 'd'].map((letter) => `${onDuplicate}-${letter}`);
      const [a = '', b = '', c = '', d = ''] = references;
      await sendCustomers(references.map((reference) => ({ reference, name: 'n' })));
      const { results } = tell(
        await sendCustomers(
          [
            { reference: a, newReference: d },
            { reference: b, newReference: `${onDuplicate}-x` },
            { reference: c, newReference: ` ${onDuplicate}-x`, billingLat: 91 },
            { reference: d, newReference: d, name: 'm' },
          ],
          { onDuplicate },
        ),
      );
      expect(results).toEqual([
        'DUPLICATE newReference',
        'DUPLICATE newReference',
        'INVALID_PARAM_TYPE billingLat, DUPLICATE newReference',
        `UPDATED ${d}@2`,
      ]);
    },
  );
});

describe('a bulk upsert that rejects all', () => {
  const onError = 'REJECT_ALL';

  it('does all of it where nothing is wrong', async () => {
    const inputs = [
      below('all-sub', 'all-boss'),
      { reference: 'all-boss', name: 'n' },
      { reference: 'all-3', name: 'n' },
    ];
    expect(tell(await sendCustomers(inputs, { onError }))).toEqual({
      counts: { created: 3 },
      results: ['CREATED all-sub@1', 'CREATED all-boss@1', 'CREATED all-3@1'],
    });
    const moved = [
      { reference: 'all-boss', isSubCustomer: true, parentCustomer: { reference: 'all-top' } },
      { reference: 'all-top', name: 'n' },
      { reference: 'all-3', newReference: 'all-4' },
      { reference: 'all-sub' },
    ];
    expect(tell(await sendCustomers(moved, { onError })).results).toEqual([
      'UPDATED all-boss@2',
      'CREATED all-top@1',
      'UPDATED all-4@2',
      'UNCHANGED all-sub@1',
    ]);
  });

  it.each([
    ['a value', { reference: 'bad', name: 'n', creditLimit: -1 }, 'INVALID_PARAM_TYPE creditLimit'],
    ['a relation', { reference: 'bad', name: 'n', region: undefined, regionId: 999 }, 'NOT_FOUND regionId'],
    ['a reference', { reference: 'a\u0000b', name: 'n' }, 'INVALID_PARAM_TYPE reference'],
    ['a version', { reference: 'bad', name: 'n', ifVersion: 3 }, 'CONFLICT reference'],
    ['a reference that is taken', { reference: 'none-2', newReference: 'none-3' }, 'NOT_UNIQUE newReference'],
  ])('does nothing where %s is wrong, and says of the others that they are aborted', async (_, bad, error) => {
    await sendCustomers(['none-1', 'none-2', 'none-3'].map((reference) => ({ reference, name: 'n' })));
    const inputs = [
      { reference: 'new', name: 'n' },
      { reference: 'none-1', name: 'changed' },
      bad,
      { reference: 'none-1b' },
    ];
    const payload = await expectUntouched(() => sendCustomers(inputs, { onError }));
    expect(tell(payload)).toEqual({
      counts: { failed: 4 },
      results: ['ABORTED', 'ABORTED', error, 'MISSING_PARAM name'],
    });
    expect(payload.results[0]?.errors).toEqual([
      { code: 'ABORTED', message: texts.aborted, path: [], currentVersion: null },
    ]);
  });

  it('does nothing where none of its items can name a record', async () => {
    const inputs = ['', ' '].map((reference) => ({ reference, name: 'n' }));
    expect(tell(await expectUntouched(() => sendCustomers(inputs, { onError }))).results).toEqual([
      'MISSING_PARAM reference',
      'MISSING_PARAM reference',
    ]);
  });

  it('does nothing where a reference comes twice, and once with LAST_WINS', async () => {
    const inputs = ['dup', 'dup', 'sole'].map((reference, index) => ({ reference, name: `n${index}` }));
    const refused = await expectUntouched(() => sendCustomers(inputs, { onError }));
    expect(tell(refused).results).toEqual(['DUPLICATE reference', 'DUPLICATE reference', 'ABORTED']);
    expect(tell(await sendCustomers(inputs, { onError, onDuplicate: 'LAST_WINS' }))).toEqual({
      counts: { created: 2, superseded: 1 },
      results: ['CREATED dup@1 SUPERSEDED', 'CREATED dup@1', 'CREATED sole@1'],
    });
  });

  it('ruling 34: of two roots where there is none yet refuses the second', async () => {
    const values = { name: 'rootless', folder: 'rootless-1', currency: 'EUR', currencies: ['EUR'] };
    const insert = gateway.deps.db.insertInto('organizations').values(values).returning(['id', 'name', 'folder']);
    const actor = { organization: await insert.executeTakeFirstOrThrow(), userId: null };
    const items = ['z', 'a'].map((reference) => ({ input: { reference, name: 'n', isRoot: true }, problems: [] }));
    const { upsertCustomerCategories } = createServices(gateway.deps);
    const rules = { onDuplicate: 'reject' } as const;
    const refused = await upsertCustomerCategories(actor, items, { ...rules, onError: 'rejectAll' });
    expect(refused.results.map((each) => each.ok || each.errors.map(({ code }) => code))).toEqual([
      ['aborted'],
      ['save_not_authorized'],
    ]);
    const done = await upsertCustomerCategories(actor, items, { ...rules, onError: 'skipFailed' });
    expect(done.counts).toMatchObject({ created: 1, failed: 1 });
    await gateway.deps.db
      .deleteFrom('customer_categories')
      .where('organization_id', '=', actor.organization.id)
      .execute();
    await gateway.deps.db.deleteFrom('changes').where('organization_id', '=', actor.organization.id).execute();
    await gateway.deps.db.deleteFrom('organizations').where('id', '=', actor.organization.id).execute();
  });
});

class InjectedError extends Error {
  override readonly name = 'InjectedError';
}

function createServerError(code: string): Error {
  return Object.assign(new InjectedError(`injected ${code}`), { code });
}

/** The database, in which the first writing statements fail with `error`. */
function failWrites(error: Error, when: 'before' | 'after', times = 1): Database {
  let left = times;
  const fail = (isWrite: boolean) => {
    if (!isWrite || left === 0) return;
    left -= 1;
    throw error;
  };
  return watch(gateway.deps.db, { [when]: fail });
}

const toItems = (inputs: readonly UpsertCustomerInput[]) => inputs.map((input) => ({ input, problems: [] }));

describe('a bulk upsert whose database fails', () => {
  const rejectAll = { onError: 'rejectAll', onDuplicate: 'reject' } as const;
  const skipFailed = { ...rejectAll, onError: 'skipFailed' } as const;
  const named = (prefix: string) => [1, 2, 3].map((index) => ({ reference: `${prefix}-${index}`, name: 'n' }));
  const outcomes = (results: readonly { readonly ok: boolean }[]) =>
    results.map((each) => 'outcome' in each && each.outcome);

  it.each(['ECONNRESET', '57P01', '40P01', '23503'])(
    'goes again as a whole when a write is lost by %s',
    async (code) => {
      for (const when of ['before', 'after'] as const) {
        const services = createServices({ ...gateway.deps, db: failWrites(createServerError(code), when) });
        const inputs = named(`again-${code}-${when}`);
        const { counts } = await services.upsertCustomers(gateway.actor, toItems(inputs), rejectAll);
        expect(counts).toMatchObject({ created: 3, failed: 0 });
      }
    },
  );

  it('does not do twice what was committed when the connection broke, and tells what it did', async () => {
    await gateway.graphql(customerMutation, { input: { reference: 'commit-old', name: 'n' } });
    loseCommit(inOrganization(gateway.deps.db, gateway.actor.organization.id), createServerError('ECONNRESET'));
    const inputs = [...named('commit'), { reference: 'commit-old', name: 'm' }];
    const services = createServices(gateway.deps);
    const { results } = await services.upsertCustomers(gateway.actor, toItems(inputs), rejectAll);
    expect(outcomes(results)).toEqual(['created', 'created', 'created', 'updated']);
    expect(results.map((each) => each.ok && each.record.version)).toEqual([1, 1, 1, 2]);
  });

  it('tells what it did although another writer came right after the commit that nobody heard of', async () => {
    const input = { reference: 'after-2', city: 'Nice' };
    const meanwhile = async () => {
      const change = resultOf(await gateway.graphql(customerMutation, { input }));
      expect(change).toMatchObject({ outcome: 'UPDATED', record: { name: 'n', version: 2 } });
    };
    const db = inOrganization(gateway.deps.db, gateway.actor.organization.id);
    loseCommit(db, createServerError('ECONNRESET'), meanwhile);
    const services = createServices(gateway.deps);
    const { results } = await services.upsertCustomers(gateway.actor, toItems(named('after')), rejectAll);
    expect(outcomes(results)).toEqual(['created', 'unchanged', 'created']);
    expect(results.map((each) => each.ok && each.record.version)).toEqual([1, 2, 1]);
  });

  it('fails as a whole where it cannot take an item of one that rejects all, having done nothing', async () => {
    const answer = await expectUntouched(async () => {
      const send = composeOn(failWrites(createServerError('22P05'), 'after', Infinity));
      return send(customersMutation, { inputs: named('whole'), onError: 'REJECT_ALL' });
    });
    expect(answer).toMatchObject({ data: null, errors: [{ message: 'Unexpected error.' }] });
  });

  it.each([
    ['cannot be reached', 'before', texts.databaseAway],
    ['is lost in every write', 'write', texts.fateUnknown],
  ] as const)(
    'that %s is the failure of the whole call that rejects all, and of each item otherwise',
    async (_, when, text) => {
      const fail = () => {
        throw createServerError('ECONNRESET');
      };
      const db =
        when === 'before'
          ? watch(gateway.deps.db, { before: fail })
          : failWrites(createServerError('ECONNRESET'), 'before', Infinity);
      const patience = { races: 300, outages: 300 };
      const upsert = (rules: BulkRules) =>
        upsertBulk(
          new UpsertEngine(customerModel, { ...gateway.deps, db, patience }),
          gateway.actor,
          toItems(named('away')),
          rules,
        );
      await expectUntouched(async () => {
        await expect(upsert(rejectAll)).rejects.toThrow(new ServiceUnavailableError(text));
        const { results, counts } = await upsert(skipFailed);
        expect(counts).toMatchObject({ failed: 3 });
        const errors = [{ code: 'service_unavailable', message: text, path: [] }];
        expect(results).toEqual(results.map(() => ({ ok: false, errors })));
      });
    },
  );

  it('fails one item that it cannot take, which is reported, and no other', async () => {
    const reported: unknown[] = [];
    const db = watch(gateway.deps.db, {
      before: (_, statement) => {
        if (statement.includes('indigestible-2')) throw createServerError('22P05');
      },
    });
    const services = createServices({ ...gateway.deps, db });
    const { results, counts } = await services.upsertCustomers(gateway.actor, toItems(named('indigestible')), {
      ...skipFailed,
      report: (failure) => reported.push(failure),
    });
    expect(results.map((each) => each.ok || each.errors)).toEqual([
      true,
      [{ code: 'server_error', message: texts.serverError, path: [] }],
      true,
    ]);
    expect(counts).toMatchObject({ created: 2, failed: 1 });
    expect(reported).toEqual([expect.any(InjectedError)]);
  });
});

describe('bulk upserts at the same time', () => {
  it('beyond two wait, beyond sixteen waiting are refused, and one whose caller has gone is not begun', async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const db = watch(gateway.deps.db, { after: () => opened });
    const { upsertCustomers } = createServices({ ...gateway.deps, db });
    const rules = { onError: 'skipFailed', onDuplicate: 'reject' } as const;
    const client = new AbortController();
    const send = (index: number) =>
      upsertCustomers(gateway.actor, toItems([{ reference: `crowd-${index}`, name: 'n' }]), {
        ...rules,
        hasLeft: () => client.signal.aborted,
      });
    const pending = Array.from({ length: 18 }, (_, index) => send(index));
    const settled = Promise.allSettled(pending);
    await expect(send(18)).rejects.toThrow(new ServiceUnavailableError(texts.tooManyCalls));
    client.abort();
    open();
    const states = (await settled).map(({ status }) => status);
    expect(states).toEqual([...Array<string>(2).fill('fulfilled'), ...Array<string>(16).fill('rejected')]);
    const rows = gateway.deps.db.selectFrom('customers').select('reference').where('reference', 'like', 'crowd-%');
    expect(await rows.orderBy('reference').execute()).toEqual([{ reference: 'crowd-0' }, { reference: 'crowd-1' }]);
  });

  it('that reject all are each done whole or not at all, beside single ones', async () => {
    const contested = 6;
    const bulks = Array.from({ length: 18 }, (_, bulk) => {
      const own = [0, 1, 2].map((index) => ({ reference: `whole-${bulk}-${index}`, name: 'n' }));
      const inputs = [...own, { reference: `contested-${bulk % contested}`, name: 'n', ifVersion: null }];
      return gateway.graphql(customersMutation, { inputs, onError: 'REJECT_ALL', mode: 'CREATE_ONLY' });
    });
    const singles = Array.from({ length: contested }, (_, index) =>
      gateway.graphql(customerMutation, { input: { reference: `contested-${index}`, city: 'Nice' } }),
    );
    const answers = (await Promise.all(bulks)).map((answer) => tell(payloadOf(answer)));
    await Promise.all(singles);
    const rows = await gateway.deps.db
      .selectFrom('customers')
      .select('reference')
      .where('reference', 'like', 'whole-%')
      .execute();
    const stored = new Set(rows.map(({ reference }) => reference));
    const winners = answers.filter(({ counts }) => counts['created'] === 4);
    expect(winners).toHaveLength(contested);
    for (const [bulk, { counts, results }] of answers.entries()) {
      const isDone = counts['created'] === 4;
      if (!isDone) expect(results).toEqual(['ABORTED', 'ABORTED', 'ABORTED', 'CONFLICT reference']);
      for (const index of [0, 1, 2]) expect(stored.has(`whole-${bulk}-${index}`)).toBe(isDone);
    }
  });
});

it('a category can be upserted by either way', async () => {
  const single = resultOf(await gateway.graphql(categoryMutation, { input: under('either', 'root') }));
  expect(single.outcome).toBe('CREATED');
  expect(tell(await sendCategories([under('either', 'root')])).results).toEqual(['UNCHANGED either@1']);
});

/** A realistic customer with everything that can be sent. */
function createFullInput(index: number, prefix = 'full'): Input {
  const address = { City: 'Villefranche-sur-Saône', PostalCode: '69400', Address: `${index}, boulevard Jean Jaurès` };
  return {
    reference: `${prefix}-${index}`,
    name: `Bijouterie Marie Dupont & Filles n° ${index}`,
    barcode: `330000000${index}`,
    customerCategory: { reference: 'jewelry' },
    ...(index % 10 > 0 && { isSubCustomer: true, parentCustomer: { reference: `${prefix}-${index - (index % 10)}` } }),
    customerSegmentation: { reference: 'seg_a' },
    createdBy: { reference: 'emp-002' },
    isSameAddress: false,
    ...Object.fromEntries(Object.entries(address).map(([field, value]) => [`billing${field}`, value])),
    ...{ city: address.City, postalCode: address.PostalCode, address: address.Address },
    ...{
      billingCountry: 'France',
      country: 'FRA',
      billingLat: 45.99,
      billingLng: 4.718,
      latitude: 45.99,
      longitude: 4.7,
    },
    email: `contact-${index}@bijouterie-dupont.example`,
    ...{ phone: '+33 4 74 00 00 00', mobile: '+33 6 00 00 00 00', fax: '+33 4 74 00 00 01' },
    comment: 'Livraison le mardi et le jeudi, avant dix heures. '.repeat(10),
    website: `https://bijouterie-dupont.example/magasins/${index}`,
    ...{ creditLimit: 5000.5, dueDateConfigNumber: 30, dueDateConfigType: 'DAYS_AFTER_INVOICE_DATE', currency: 'EUR' },
    ...{ taxNumber: `FR${index}`, companyRegistrationNumber: `${index}-B`, regionId: '3' },
    paymentTypes: [{ id: '7' }, { reference: 'cheque' }, { reference: 'transfer' }],
    ...{ onHold: true, onHoldReason: 'Contrat en attente de signature' },
  };
}

/** Sends bulk upserts of some customers or categories, and answers how many statements they take. */
function createCount(query: string) {
  let statements = 0;
  // Now and then somebody asks again which organizations there are.
  const isOfTheCall = (statement: string) => !/SelectQueryNode.*"organizations"/.test(statement);
  const send = composeOn(
    watch(gateway.deps.db, { before: (_, statement) => (statements += isOfTheCall(statement) ? 1 : 0) }),
  );
  return async (inputs: readonly Input[], expected: object, onError = 'SKIP_FAILED') => {
    statements = 0;
    expect(tell(payloadOf(await send(query, { inputs, onError }))).counts).toEqual(expected);
    return statements;
  };
}

describe('the size of a bulk upsert', () => {
  it('is at most 1 000 items, which fit into a request when they are complete', async () => {
    const inputs = Array.from({ length: limits.graphql.bulkItems }, (_, index) => createFullInput(index));
    const body = JSON.stringify({ query: customersMutation, variables: { inputs } });
    expect(Buffer.byteLength(body)).toBeLessThan(limits.graphql.operationBytes / 2);
    for (const wrong of [[], [...inputs, createFullInput(limits.graphql.bulkItems)]]) {
      const answer = await expectUntouched(() => gateway.graphql(customersMutation, { inputs: wrong }));
      expect(answer.errors).toEqual([
        expect.objectContaining({
          message: `A bulk upsert takes 1 to 1000 items, not ${wrong.length}.`,
          extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) as object,
        }),
      ]);
    }
  });

  it('takes at most ten to a request, however they are named', async () => {
    const fields = (count: number) =>
      Array.from(
        { length: count },
        (_, index) =>
          `b${index}: ${index % 2 ? 'upsertCustomers' : 'upsertCustomerCategories'}(inputs: []) { created }`,
      );
    const query = (count: number) => `mutation { ...More ${fields(count).slice(3).join(' ')} }
      fragment More on Mutation { ${fields(count).slice(0, 3).join(' ')} }`;
    const refused = await gateway.graphql(query(11));
    expect(refused).toMatchObject({
      errors: [{ message: 'A request may hold 10 bulk upserts at most.' }],
    });
    expect((await gateway.graphql(query(10))).errors?.[0]?.message).toMatch('A bulk upsert takes');
  });

  it.each(['SKIP_FAILED', 'REJECT_ALL'])(
    'does not tell in the number of statements, whatever is selected of the answer: %s',
    async (onError) => {
      const count = createCount(customersMutation);
      const create = (size: number) =>
        Array.from({ length: size }, (_, index) => createFullInput(index, `${onError}-${size}`));
      const change = (size: number) => create(size).map((input) => ({ ...input, city: 'Nice' }));
      const locks = onError === 'REJECT_ALL' ? 2 : 0;
      for (const size of [20, 1_000]) {
        // Reading, drawing ids for the new parents, writing.
        expect(await count(create(size), { created: size }, onError)).toBe(3 + locks);
        expect(await count(change(size), { updated: size }, onError)).toBe(2 + locks);
      }
    },
  );

  it('does not tell in the number of statements for categories either', async () => {
    const count = createCount(categoriesMutation);
    for (const size of [10, 100]) {
      const line = Array.from({ length: size }, (_, index) =>
        under(`line-${size}-${index}`, index === 0 ? 'root' : `line-${size}-${index - 1}`),
      );
      // The fourth are the ancestors that are selected.
      expect(await count(line.toReversed(), { created: size })).toBe(4);
    }
  });
});
