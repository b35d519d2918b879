import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestGateway, openTestGateway } from './support/gateway.ts';
import { tries } from './support/tries.ts';
import { upsertCustomerCategories, upsertCustomers } from './support/upsert-lists.ts';

/*
 * The rulings once more, as short as they can be told, without a database and without a look at the services: random calls
 * go to both, and every answer must be the same. `examples/entity1.yaml` is the organization.
 */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

type Key = { readonly reference?: string; readonly id?: string };
/** What is sent for a field and what it means; `wrong` is the parameter that the error's sentence names. */
type Value = { readonly send: unknown; readonly means: unknown; readonly wrong?: string };
type Fields = Readonly<Record<string, Value | undefined>>;
type Command = {
  readonly kind: 'customer' | 'category';
  readonly reference: string;
  readonly newReference: string | undefined;
  readonly fields: Fields;
  /** How often it is sent: the second time mostly changes nothing. */
  readonly times: number;
};

type State = Record<string, unknown>;
type Entry = { id: number; version: number; state: State };
type Problem = readonly [code: string, path: string, message: string];
type World = { readonly customers: Map<string, Entry>; readonly categories: Map<string, Entry> };
type Expected =
  | { readonly errors: readonly string[] }
  | { readonly outcome: string; readonly state: State; readonly version: number; readonly changed: readonly string[] };

const pageOrder = {
  customer: [
    'newReference name barcode isActive customerCategory isSubCustomer parentCustomer billWithParent customerSegmentation',
    'createdBy isSameAddress billingCountry billingCity billingLat country city latitude email creditLimit',
    'dueDateConfigNumber dueDateConfigType currency paymentTypes regionId onHold onHoldReason',
  ]
    .join(' ')
    .split(' '),
  category: ['newReference', 'name', 'isRoot', 'parent', 'description'],
};

const stages = new Map([
  ['missing_param', 1],
  ['invalid_param_type', 2],
  ['not_found', 4],
]);

/** Ruling 5. */
function inOrder(kind: Command['kind'], problems: readonly Problem[]): string[] {
  const rank = ([code, path]: Problem) =>
    (stages.get(code) ?? 5) * 100 + pageOrder[kind].indexOf(path.split('.')[0] ?? '');
  return problems.toSorted((a, b) => rank(a) - rank(b)).map((problem) => problem.join('|'));
}

const known: Readonly<Record<string, readonly (readonly [id: number, reference: string])[]>> = {
  'customer segmentation': [
    [1, 'seg_a'],
    [2, 'seg_b'],
  ],
  user: [
    [1, 'emp-001'],
    [2, 'emp-002'],
    [3, 'emp-003'],
  ],
  'payment type': [
    [7, 'cash'],
    [8, 'cheque'],
    [9, 'transfer'],
  ],
  region: [1, 2, 3, 4, 5, 6, 7].map((id) => [id, '']),
};
const regionsAboveTheLevel = [1, 2, 5, 6];

/** One judgement: what was sent, what is there, and what is wrong so far. */
class Judgement {
  readonly problems: Problem[] = [];
  readonly #world: World;
  readonly #command: Command;
  readonly old: Entry | undefined;

  constructor(world: World, command: Command) {
    this.#world = world;
    this.#command = command;
    this.old = this.#table().get(command.reference);
    for (const [field, value] of Object.entries(command.fields)) {
      if (value?.wrong === undefined) continue;
      const path = value.wrong === 'payment type id' ? `${field}.0` : field;
      const message = `The type of parameter ${value.wrong} you provided is not valid for this request.`;
      this.problems.push(['invalid_param_type', path, message]);
    }
  }

  #table(): Map<string, Entry> {
    return this.#command.kind === 'customer' ? this.#world.customers : this.#world.categories;
  }

  isWrong(field: string): boolean {
    return this.#command.fields[field]?.wrong !== undefined;
  }

  /** `undefined` is absent, `null` is cleared. */
  sent(field: string): unknown {
    return this.isWrong(field) ? undefined : this.#command.fields[field]?.means;
  }

  /** Rulings 13 and 17. */
  merge(field: string, fallback: unknown = null, key = field): unknown {
    const sent = this.sent(field);
    return sent === undefined ? (this.old ? this.old.state[key] : fallback) : (sent ?? fallback);
  }

  fail(...problem: Problem): null {
    this.problems.push(problem);
    return null;
  }

  miss(field: string, parameter = field): null {
    return this.isWrong(field) ? null : this.fail('missing_param', field, `${parameter} parameter is missing`);
  }

  /** Rulings 6 and 26: the reference first, then the id. */
  resolve(noun: string, key: Key, path: string): number | null {
    const table =
      noun === 'parent customer'
        ? [...this.#world.customers].map(([reference, { id }]) => [id, reference] as const)
        : noun.endsWith('category')
          ? [...this.#world.categories].map(([reference, { id }]) => [id, reference] as const)
          : (known[noun] ?? []);
    const found =
      table.find(([, reference]) => key.reference !== undefined && reference === key.reference) ??
      table.find(([id]) => String(id) === key.id);
    const message = `The ${noun} with the id ${key.reference ?? key.id ?? ''} doesn't exist.`;
    return found ? found[0] : this.fail('not_found', path, message);
  }

  relation(noun: string, field: string, key: string): unknown {
    const sent = this.sent(field);
    if (sent === undefined) return this.old?.state[key] ?? null;
    return sent === null ? null : this.resolve(noun, sent, field);
  }

  /** Ruling 19. */
  reference(): string {
    const { reference, newReference } = this.#command;
    if (!this.old || newReference === undefined || newReference === reference) return reference;
    if (this.#table().has(newReference)) this.fail('not_unique', 'newReference', 'reference already used');
    return newReference;
  }

  name(): unknown {
    const name = this.merge('name');
    return name === null || name === '' ? this.miss('name') : name;
  }

  /** Rulings 15 and 35: not itself, nor a descendant. */
  parent(noun: string, field: string, message: string): unknown {
    const sent = this.sent(field) as Key | null | undefined;
    if (!sent) return sent === undefined ? (this.old?.state['parentId'] ?? null) : null;
    if (!this.old && sent.reference === this.#command.reference) return this.fail('save_failed', field, message);
    const parent = this.resolve(noun, sent, field);
    const parents = new Map([...this.#table().values()].map(({ id, state }) => [id, state['parentId']]));
    for (let at: unknown = parent; typeof at === 'number'; at = parents.get(at)) {
      if (at !== this.old?.id) continue;
      this.fail('save_failed', field, message);
      break;
    }
    return parent;
  }

  finish(state: State, blank: State): Expected {
    const { kind, reference } = this.#command;
    if (this.problems.length > 0) return { errors: inOrder(kind, this.problems) };
    const before = this.old?.state ?? blank;
    const changed = Object.keys(state).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(state[key]));
    const entry = this.old ?? { id: 0, version: 0, state };
    if (this.old && changed.length === 0) return { outcome: 'unchanged', state, version: entry.version, changed };
    const table = this.#table();
    table.delete(reference);
    entry.state = state;
    entry.version += 1;
    table.set(String(state['reference']), entry);
    return { outcome: this.old ? 'updated' : 'created', state, version: entry.version, changed };
  }
}

function upsertCategory(world: World, command: Command): Expected {
  const judgement = new Judgement(world, command);
  const isRoot = judgement.merge('isRoot', false) === true;
  const root = [...world.categories.values()].find(({ state }) => state['isRoot'] === true);
  const message = 'Organization should have only one root category of customer.';
  if (isRoot && root !== judgement.old) judgement.fail('save_not_authorized', 'isRoot', message);
  const reference = judgement.reference();
  const name = judgement.name();
  const description = judgement.merge('description');
  const parentId = isRoot ? null : judgement.parent('parent customer category', 'parent', 'Failed to save instance');
  const isMissing = !isRoot && parentId === null && judgement.problems.every(([, path]) => path !== 'parent');
  if (isMissing) judgement.miss('parent', 'parentId');
  const blank = { isRoot: false, parentId: null, description: null, image: null };
  return judgement.finish({ reference, name, isRoot, parentId, description, image: null }, blank);
}

/** Ruling 32, for each part of the address. */
function mergeAddresses(judgement: Judgement): State {
  const isSameAddress = judgement.merge('isSameAddress', true);
  const state: State = { isSameAddress };
  const parts = [
    ['billingCountry', 'country'],
    ['billingCity', 'city'],
    ['billingLat', 'latitude'],
  ] as const;
  for (const [billing, shipping] of parts) {
    const isShippingAlone = judgement.sent(billing) === undefined && judgement.sent(shipping) !== undefined;
    const common = isShippingAlone ? judgement.sent(shipping) : judgement.merge(billing);
    state[billing] = isSameAddress === true ? common : judgement.merge(billing);
    state[shipping] = isSameAddress === true ? common : judgement.merge(shipping);
  }
  return state;
}

/** Ruling 16. */
function mergeDueDate(judgement: Judgement): State {
  const dueDateConfigType = judgement.merge('dueDateConfigType');
  if (judgement.sent('dueDateConfigType') === null) return { dueDateConfigType, dueDateConfigNumber: null };
  const dueDateConfigNumber = judgement.merge('dueDateConfigNumber');
  if (dueDateConfigType !== null && dueDateConfigNumber === null) judgement.miss('dueDateConfigNumber');
  return { dueDateConfigType, dueDateConfigNumber };
}

/** Rulings 25, 28 and 29. */
function mergeOwnData(judgement: Judgement): State {
  const currency = judgement.merge('currency', 'EUR');
  if (typeof judgement.sent('currency') === 'string' && !['EUR', 'USD', 'GBP'].includes(String(currency))) {
    judgement.fail('not_found', 'currency', `The currency with the id ${String(currency)} doesn't exist.`);
  }
  const keys = judgement.sent('paymentTypes') as readonly Key[] | null | undefined;
  const ids = (keys ?? []).map((key, index) => judgement.resolve('payment type', key, `paymentTypes.${index}`));
  const sorted = [...new Set(ids)].sort((a, b) => Number(a) - Number(b));
  const paymentTypeIds = keys === undefined ? (judgement.old?.state['paymentTypeIds'] ?? []) : sorted;
  const regionId = judgement.relation('region', 'regionId', 'regionId');
  if (judgement.sent('regionId') && regionsAboveTheLevel.includes(Number(regionId))) {
    judgement.fail('save_failed', 'regionId', 'Failed to save instance.');
  }
  return { currency, paymentTypeIds, regionId };
}

/** Ruling 33. */
function mergeHold(judgement: Judgement): State {
  const onHold = judgement.merge('onHold', false);
  const isReleased = judgement.sent('onHold') !== undefined && onHold === false;
  const reason = judgement.sent('onHoldReason');
  return { onHold, onHoldReason: reason === undefined && isReleased ? null : judgement.merge('onHoldReason') };
}

/** Ruling 15. */
function mergeParent(judgement: Judgement): State {
  const isSubCustomer = judgement.merge('isSubCustomer', false) === true;
  if (!isSubCustomer) return { isSubCustomer, parentId: null, billWithParent: false };
  const parentId = judgement.parent('parent customer', 'parentCustomer', 'Failed to save instance.');
  const isMissing = parentId === null && judgement.problems.every(([, path]) => path !== 'parentCustomer');
  if (isMissing) judgement.miss('parentCustomer');
  return { isSubCustomer, parentId, billWithParent: judgement.merge('billWithParent', false) };
}

const never = [
  ...[
    'billingPostalCode',
    'billingAddress',
    'billingLng',
    'postalCode',
    'address',
    'longitude',
    'phone',
    'mobile',
    'fax',
  ],
  ...['comment', 'website', 'taxNumber', 'companyRegistrationNumber', 'logo'],
];
const untouched = Object.fromEntries(never.map((key) => [key, null]));

function upsertCustomer(world: World, command: Command): Expected {
  const judgement = new Judgement(world, command);
  const root = world.categories.get('root')?.id ?? 0;
  const category = judgement.sent('customerCategory') as Key | null | undefined;
  const state: State = {
    ...untouched,
    reference: judgement.reference(),
    name: judgement.name(),
    barcode: judgement.merge('barcode'),
    isActive: judgement.merge('isActive', true),
    categoryId: category
      ? judgement.resolve('customer category', category, 'customerCategory')
      : judgement.merge('customerCategory', root, 'categoryId'),
    segmentationId: judgement.relation('customer segmentation', 'customerSegmentation', 'segmentationId'),
    createdById: judgement.relation('user', 'createdBy', 'createdById'),
    ...mergeAddresses(judgement),
    email: judgement.merge('email'),
    creditLimit: judgement.merge('creditLimit'),
    ...mergeDueDate(judgement),
    ...mergeOwnData(judgement),
    ...mergeHold(judgement),
    ...mergeParent(judgement),
  };
  const own = ['reference', 'name'];
  const nothing = Object.fromEntries(Object.keys(state).map((key) => [key, own.includes(key) ? undefined : null]));
  const flags = { isActive: true, isSubCustomer: false, billWithParent: false, isSameAddress: true, onHold: false };
  return judgement.finish(state, { ...nothing, ...flags, paymentTypeIds: [] });
}

const fieldOf = new Map([
  ['categoryId', 'customerCategory'],
  ['segmentationId', 'customerSegmentation'],
  ['createdById', 'createdBy'],
  ['paymentTypeIds', 'paymentTypes'],
]);

function toField(kind: Command['kind'], key: string): string {
  if (key === 'parentId') return kind === 'customer' ? 'parentCustomer' : 'parent';
  return fieldOf.get(key) ?? key;
}

// What is sent: few references and few values, so that calls meet.

const customers = ['k1', 'k2', 'k3'] as const;
const categories = ['c1', 'c2', 'c3', 'c4'] as const;

const plain = (...values: unknown[]): Value[] => values.map((value) => ({ send: value, means: value }));
const meaning = (send: unknown, means: unknown): Value => ({ send, means });
const wrong = (parameter: string, ...values: unknown[]): Value[] =>
  values.map((send) => ({ send, means: undefined, wrong: parameter }));

/** Mostly absent, sometimes one of `good` or null, seldom one of `bad`. */
function field(good: readonly Value[], bad: readonly Value[] = [], absence = 80): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { weight: absence, arbitrary: fc.constant(undefined) },
    { weight: 10, arbitrary: fc.constantFrom(...good) },
    { weight: 2, arbitrary: fc.constant(meaning(null, null)) },
    ...(bad.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...bad) }] : []),
  );
}

const flag = field(plain(true, false));
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...plain('A', 'B')) },
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...plain('', null), ...wrong('name', 'a\0', '\ud800', 'x'.repeat(256))) },
);
const country = (parameter: string) =>
  field([...plain('FR', 'DE'), meaning('france', 'FR'), meaning('Allemagne', 'DE')], wrong(parameter, 'Atlantis', ''));
const references = (own: readonly string[]) => own.flatMap((each) => plain({ reference: each }, { id: `#${each}` }));

const customerFields = fc.record({
  name,
  barcode: field(plain('x', 'y'), wrong('barcode', 'a\0', 'x'.repeat(256))),
  isActive: flag,
  customerCategory: field(
    [...references(categories), ...plain({ reference: 'jewelry' }, { reference: 'nope' })],
    wrong('categoryId', { id: 'x' }, { reference: ' ' }),
  ),
  isSubCustomer: field(plain(true, false), [], 15),
  parentCustomer: field(
    [...references(customers), ...plain({ reference: 'nobody' })],
    wrong('parentCustomer', { id: '0' }),
    6,
  ),
  billWithParent: flag,
  customerSegmentation: field(
    plain({ reference: 'seg_a' }, { id: '2' }, { id: '99' }),
    wrong('customerSegmentationId', { id: '-1' }),
  ),
  createdBy: field(plain({ reference: 'emp-002' }, { id: '3' }, { reference: '3', id: '3' }, { reference: 'emp-999' })),
  isSameAddress: flag,
  billingCountry: country('billingCountry'),
  billingCity: field(plain('Nice', 'Lyon', '')),
  billingLat: field(plain(0, 1.5, -90), wrong('billingLat', 91, Number.NaN)),
  country: country('country'),
  city: field(plain('Nice', 'Lyon', '')),
  latitude: field(plain(0, 1.5, -90), wrong('latitude', -90.1)),
  email: field(plain('a@b.c', '')),
  creditLimit: field(plain(0, 5000, 0.1), wrong('creditLimit', -1, Infinity)),
  dueDateConfigNumber: field(plain(0, 7), wrong('dueDateConfigNumber', -1, 1.5)),
  dueDateConfigType: field(plain('daysAfterInvoiceDate', 'daysAfterEndOfInvoiceMonth', null), [], 40),
  currency: field([...plain('EUR', 'USD', 'XXX'), meaning('gbp', 'GBP')], wrong('currency', 'e', 'EURO')),
  paymentTypes: field(
    plain([], [{ id: '7' }], [{ id: '9' }, { id: '7' }, { reference: 'transfer' }], [{ id: '8' }, { id: '999' }]),
    [...wrong('payment type id', [{ id: 'x' }]), ...wrong('paymentTypes', Array(251).fill({ id: '7' }))],
  ),
  regionId: field(plain({ id: '3' }, { id: '7' }, { id: '1' }, { id: '99' }), wrong('regionId', { id: 'x' })),
  onHold: field(plain(true, false), [], 30),
  onHoldReason: field(plain('late', 'fraud')),
});

const categoryFields = fc.record({
  name,
  isRoot: field(plain(false, false, true)),
  parent: field(
    [
      ...references(categories),
      ...Array<Value>(8).fill(meaning({ reference: 'root' }, { reference: 'root' })),
      ...plain({ reference: 'nope' }),
    ],
    wrong('parentId', { id: 'x' }),
    5,
  ),
  description: field(plain('d', ''), wrong('description', '\0')),
});

const renaming = (own: readonly string[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...own) });

const times = fc.constantFrom(1, 1, 2);

const create = (kind: Command['kind'], reference: string, fields: Fields = {}): Command => ({
  kind,
  reference,
  newReference: undefined,
  fields: { name: meaning('A', 'A'), ...fields },
  times: 1,
});
const below = (reference: string) => ({ parent: meaning({ reference }, { reference }) });

/** What may be there before: partial calls need something to change. */
const beginnings = fc.subarray(
  [
    create('category', 'c1', below('root')),
    create('category', 'c2', below('root')),
    create('category', 'c3', below('root')),
    create('customer', 'k1', {
      onHold: meaning(true, true),
      onHoldReason: meaning('late', 'late'),
      dueDateConfigType: meaning('daysAfterInvoiceDate', 'daysAfterInvoiceDate'),
      dueDateConfigNumber: meaning(7, 7),
      paymentTypes: meaning([{ id: '8' }], [{ id: '8' }]),
    }),
    create('customer', 'k2', {
      isSameAddress: meaning(false, false),
      billingCity: meaning('Nice', 'Nice'),
      city: meaning('Lyon', 'Lyon'),
      currency: meaning('USD', 'USD'),
    }),
    create('customer', 'k3'),
  ],
  { minLength: 3 },
);

const commands = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('customer' as const),
      reference: fc.constantFrom(...customers),
      newReference: renaming(customers),
      fields: customerFields,
      times,
    }),
    fc.record({
      kind: fc.constant('category' as const),
      reference: fc.constantFrom(...categories),
      newReference: renaming(categories),
      fields: categoryFields,
      times,
    }),
  ),
  { minLength: 4, maxLength: 6 },
);

/** Gives the command's references the run's own names, and ids to `{id: '#k1'}`. */
function translate(command: Command, run: number, world: World): Command {
  const own = new Set<string>([...customers, ...categories]);
  const rename = (reference: string) => (own.has(reference) ? `${reference}-${run}` : reference);
  const find = (reference: string) =>
    (world.customers.get(reference) ?? world.categories.get(reference))?.id ?? 999_999;
  const toKey = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(toKey);
    if (typeof value !== 'object' || value === null) return value;
    const { reference, id } = value as Key;
    return {
      ...(reference !== undefined && { reference: rename(reference) }),
      ...(id !== undefined && { id: id.startsWith('#') ? String(find(rename(id.slice(1)))) : id }),
    };
  };
  const fields = Object.entries(command.fields).map(([key, value]) => [
    key,
    value && { ...value, send: toKey(value.send), means: toKey(value.means) },
  ]);
  return {
    ...command,
    reference: rename(command.reference),
    newReference: command.newReference && rename(command.newReference),
    fields: Object.fromEntries(fields) as Fields,
  };
}

async function call({ kind, reference, newReference, fields }: Command) {
  const { deps, actor } = gateway;
  const sent = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value?.send]));
  const item = { input: { ...sent, reference, newReference }, problems: [] };
  const results =
    kind === 'customer'
      ? await upsertCustomers(deps, actor, [item])
      : await upsertCustomerCategories(deps, actor, [item]);
  return results[0] ?? expect.fail('no result came back');
}

async function runBoth(world: World, command: Command): Promise<string> {
  const expected = command.kind === 'customer' ? upsertCustomer(world, command) : upsertCategory(world, command);
  const result = await call(command);
  if (!result.ok || 'errors' in expected) {
    const errors = result.ok
      ? []
      : result.errors.map(({ code, path, message }) => [code, path.join('.'), message].join('|'));
    expect({ errors }).toStrictEqual(expected);
    return 'refused';
  }
  const { id, version, dateCreated, lastUpdated, ...state } = result.record;
  expect({ outcome: result.outcome, version, state }).toStrictEqual({
    outcome: expected.outcome,
    version: expected.version,
    state: expected.state,
  });
  const entry = (command.kind === 'customer' ? world.customers : world.categories).get(state.reference);
  if (!entry) return expect.fail('the model has no such record');
  if (expected.outcome === 'created') entry.id = id;
  expect(id).toBe(entry.id);
  expect(lastUpdated.getTime()).toBeGreaterThanOrEqual(dateCreated.getTime());
  // Whether a new record's defaults count as changed is for other tests to say.
  const isTold = (name: string) =>
    expected.outcome !== 'created' || (name !== 'customerCategory' && name !== 'currency');
  expect([...result.changedFields].filter(isTold).sort()).toStrictEqual(
    expected.changed
      .map((key) => toField(command.kind, key))
      .filter(isTold)
      .sort(),
  );
  return expected.outcome;
}

it('rulings 13 to 35: any sequence of partial upserts is answered as the rulings say', async () => {
  const seen = new Map<string, number>();
  let run = 0;
  const property = fc.asyncProperty(beginnings, commands, async (beginning, sequence) => {
    run += 1;
    const category = (id: number, reference: string, isRoot: boolean): [string, Entry] => [
      reference,
      { id, version: 1, state: { reference, isRoot, parentId: isRoot ? null : 1 } },
    ];
    const world: World = {
      customers: new Map(),
      categories: new Map([category(1, 'root', true), category(2, 'jewelry', false)]),
    };
    for (const command of [...beginning, ...sequence].flatMap((each) => Array<Command>(each.times).fill(each))) {
      const answer = `${command.kind} ${await runBoth(world, translate(command, run, world))}`;
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
  });
  await fc.assert(property, tries(800));
  // The inputs are worth something: all outcomes came up, time and again.
  for (const kind of ['customer', 'category']) {
    for (const outcome of ['created', 'updated', 'unchanged', 'refused']) {
      expect(seen.get(`${kind} ${outcome}`) ?? 0, `${kind} ${outcome}`).toBeGreaterThan(3);
    }
  }
});
