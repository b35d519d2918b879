import { describe, expect, it } from 'vitest';
import { customerParameters } from '../src/contract/parameters.ts';
import type { UpsertCustomerInput } from '../src/services/customers/input.ts';
import { judgeCustomer } from '../src/services/customers/judge.ts';
import type { CustomerSnapshot } from '../src/services/customers/read.ts';
import type { Customer, CustomerCategory, CustomerState, OrganizationSettings } from '../src/services/records.ts';
import { checkItem, sortErrors } from '../src/services/upsert/check-item.ts';
import type { World } from '../src/services/upsert/model.ts';
import { indexRows } from '../src/services/upsert/relations.ts';
import type { Verdict } from '../src/services/upsert/types.ts';

const settings: OrganizationSettings = {
  currency: 'EUR',
  currencies: ['EUR', 'USD'],
  geographicalLocations: true,
  regionLevel: 2,
};
const moment = new Date('2026-01-02T03:04:05Z');
const stamps = { version: 3, dateCreated: moment, lastUpdated: moment };

function category(id: number, reference: string, isRoot = false): CustomerCategory {
  return {
    id,
    reference,
    name: reference,
    isRoot,
    parentId: isRoot ? null : 1,
    description: null,
    image: null,
    ...stamps,
  };
}

function customer(id: number, reference: string, state: Partial<CustomerState> = {}): Customer {
  return {
    id,
    reference,
    name: 'Marie',
    barcode: null,
    isActive: true,
    categoryId: 1,
    isSubCustomer: false,
    parentId: null,
    billWithParent: false,
    segmentationId: null,
    createdById: null,
    isSameAddress: true,
    billingCountry: null,
    billingCity: null,
    billingPostalCode: null,
    billingAddress: null,
    billingLat: null,
    billingLng: null,
    country: null,
    city: null,
    postalCode: null,
    address: null,
    latitude: null,
    longitude: null,
    email: null,
    phone: null,
    mobile: null,
    fax: null,
    comment: null,
    website: null,
    creditLimit: null,
    dueDateConfigNumber: null,
    dueDateConfigType: null,
    taxNumber: null,
    companyRegistrationNumber: null,
    currency: 'EUR',
    logo: null,
    paymentTypeIds: [],
    regionId: null,
    onHold: false,
    onHoldReason: null,
    ...state,
    ...stamps,
  };
}

/** The state of a customer that holds nothing but defaults. */
const blankState: Partial<Customer> = customer(0, 'c');
for (const key of ['id', 'version', 'dateCreated', 'lastUpdated'] as const) Reflect.deleteProperty(blankState, key);

type Given = {
  readonly stored?: Partial<CustomerState>;
  readonly customers?: readonly Customer[];
  readonly settings?: Partial<OrganizationSettings>;
  readonly rootless?: true;
  readonly world?: Partial<World>;
};

function snapshotOf(given: Given): CustomerSnapshot {
  const root = given.rootless ? undefined : category(1, 'root', true);
  const named = (id: number, reference: string) => ({ id, reference, name: reference });
  return {
    ancestors: new Map(),
    settings: { ...settings, ...given.settings },
    customers: indexRows([...(given.stored ? [customer(10, 'c', given.stored)] : []), ...(given.customers ?? [])]),
    categories: indexRows([...(root ? [root] : []), category(2, 'jewelry'), category(3, '2')]),
    root,
    segmentations: indexRows([named(1, 'seg_a'), named(2, 'seg_b')]),
    users: indexRows([named(1, 'emp-001'), named(2, 'emp-002')]),
    paymentTypes: indexRows([named(7, 'cash'), named(8, 'cheque'), named(10, 'card')]),
    regions: indexRows([
      { id: 1, name: 'country', level: 1, parentId: null },
      { id: 2, name: 'state', level: 2, parentId: 1 },
      { id: 3, name: 'city', level: 3, parentId: 2 },
    ]),
  };
}

function judge(input: Omit<UpsertCustomerInput, 'reference'>, given: Given = {}): Verdict<CustomerState, Customer> {
  const item = checkItem({ input: { reference: 'c', ...input }, problems: [] }, customerParameters, ({ logo }) => logo);
  return judgeCustomer(item, snapshotOf(given), {
    userId: null,
    newImage: undefined,
    ancestors: new Map(),
    claimed: new Set(),
    ...given.world,
  });
}

function written(input: Omit<UpsertCustomerInput, 'reference'>, given: Given = {}) {
  const verdict = judge(input, given);
  if (verdict.kind !== 'write') return expect.fail(`a write was expected, not ${JSON.stringify(verdict)}`);
  return { ...verdict, warned: verdict.warnings.map(({ code, path }) => `${code} ${path.join('.')}`) };
}

/** Everything that is wrong, as `code path: message`, in the order it is reported. */
function refused(input: Omit<UpsertCustomerInput, 'reference'>, given: Given = {}): string[] {
  const verdict = judge(input, given);
  if (verdict.kind !== 'refused') return expect.fail(`a refusal was expected, not ${JSON.stringify(verdict)}`);
  return sortErrors(verdict.errors, customerParameters).map((e) => `${e.code} ${e.path.join('.')}: ${e.message}`);
}

describe('a new customer', () => {
  it('ruling 13: gets the defaults of the page', () => {
    const { existing, next } = written({ name: 'Marie' });
    expect(existing).toBeUndefined();
    expect(next).toStrictEqual(blankState);
  });

  it('ruling 14: needs a name, and a blank one is missing', () => {
    const missing = ['missing_param name: name parameter is missing'];
    expect(refused({})).toStrictEqual(missing);
    expect(refused({ name: null })).toStrictEqual(missing);
    expect(refused({ name: '' })).toStrictEqual(missing);
    expect(refused({ name: ' \t' })).toStrictEqual(missing);
  });

  it('ruling 27: needs a category where the organization has no root', () => {
    const missing = ['missing_param customerCategory: categoryId parameter is missing'];
    expect(refused({ name: 'n' }, { rootless: true })).toStrictEqual(missing);
    expect(written({ name: 'n', customerCategory: { id: '2' } }, { rootless: true }).next.categoryId).toBe(2);
  });

  it("ruling 30: is created by the caller's own user, unless another or none is named", () => {
    const world = { userId: 2 };
    expect(written({ name: 'n' }, { world }).next.createdById).toBe(2);
    expect(written({ name: 'n', createdBy: { reference: 'emp-001' } }, { world }).next.createdById).toBe(1);
    expect(written({ name: 'n', createdBy: null }, { world }).next.createdById).toBeNull();
  });

  it('ruling 19: keeps the reference that names it and says so', () => {
    const { next, warned } = written({ name: 'n', newReference: 'other' });
    expect(next.reference).toBe('c');
    expect(warned).toStrictEqual(['reference_ignored newReference']);
  });

  it('names as changed what is not at its default', () => {
    expect(written({ name: 'n', isActive: true, currency: 'eur' }).changedFields).toStrictEqual(['reference', 'name']);
    expect(written({ name: 'n', isActive: false, currency: 'USD', city: 'Nice' }).changedFields).toStrictEqual([
      'reference',
      'name',
      'isActive',
      'billingCity',
      'city',
      'currency',
    ]);
  });
});

describe('an existing customer', () => {
  it('ruling 13: keeps every field that was not sent', () => {
    const stored: Partial<CustomerState> = {
      categoryId: 2,
      isActive: false,
      segmentationId: 1,
      createdById: 1,
      currency: 'USD',
      creditLimit: 5000,
      paymentTypeIds: [7, 8],
      regionId: 3,
      isSameAddress: false,
      billingCity: 'Nice',
      city: 'Lyon',
    };
    const world = { userId: 2 };
    const { next, changedFields } = written({ email: 'a@b.c' }, { stored, world });
    expect(next).toMatchObject({ ...stored, email: 'a@b.c' });
    expect(changedFields).toStrictEqual(['email']);
  });

  it('ruling 18: is unchanged when nothing differs, and the very record is answered', () => {
    const verdict = judge(
      { name: 'Marie', paymentTypes: [{ id: '8' }, { id: '7' }] },
      { stored: { paymentTypeIds: [7, 8] } },
    );
    expect(verdict).toMatchObject({ kind: 'unchanged', record: { id: 10, version: 3, paymentTypeIds: [7, 8] } });
    expect(judge({}, { stored: {} }).kind).toBe('unchanged');
  });

  it('ruling 17: null clears, a boolean to its default, the category to the root, the currency to the organization’s', () => {
    const stored: Partial<CustomerState> = {
      categoryId: 2,
      isActive: false,
      onHold: true,
      onHoldReason: 'late',
      currency: 'USD',
      creditLimit: 5,
      segmentationId: 1,
      createdById: 1,
      paymentTypeIds: [7],
      regionId: 3,
      email: 'a@b.c',
    };
    const cleared = {
      isActive: null,
      onHold: null,
      currency: null,
      creditLimit: null,
      customerSegmentation: null,
    } as const;
    const others = {
      customerCategory: null,
      createdBy: null,
      paymentTypes: null,
      regionId: null,
      email: null,
    } as const;
    expect(written({ ...cleared, ...others }, { stored }).next).toStrictEqual(blankState);
  });

  it('ruling 14: does not lose its name', () => {
    expect(refused({ name: null }, { stored: {} })).toStrictEqual(['missing_param name: name parameter is missing']);
    expect(refused({ name: ' ' }, { stored: {} })).toHaveLength(1);
  });

  it('ruling 19: is renamed to a free reference only', () => {
    expect(written({ newReference: 'd' }, { stored: {} }).next.reference).toBe('d');
    expect(judge({ newReference: ' c ' }, { stored: {} }).kind).toBe('unchanged');
    expect(refused({ newReference: 'd' }, { stored: {}, customers: [customer(11, 'd')] })).toStrictEqual([
      'not_unique newReference: reference already used',
    ]);
  });
});

describe('a sub-customer', () => {
  const parent = customer(11, 'p');

  it('ruling 15: needs a parent, sent now or before', () => {
    const missing = ['missing_param parentCustomer: parentCustomer parameter is missing'];
    expect(refused({ name: 'n', isSubCustomer: true })).toStrictEqual(missing);
    expect(refused({ isSubCustomer: true }, { stored: {} })).toStrictEqual(missing);
    expect(refused({ parentCustomer: null }, { stored: { isSubCustomer: true, parentId: 11 } })).toStrictEqual(missing);
    const given = { stored: { isSubCustomer: true, parentId: 11 }, customers: [parent] };
    expect(judge({ isSubCustomer: true }, given).kind).toBe('unchanged');
    expect(
      written({ name: 'n', isSubCustomer: true, parentCustomer: { reference: 'p' } }, { customers: [parent] }).next,
    ).toMatchObject({ isSubCustomer: true, parentId: 11 });
  });

  it('ruling 15: loses its parent and billWithParent when it stops being one', () => {
    const stored = { isSubCustomer: true, parentId: 11, billWithParent: true };
    const gone = { isSubCustomer: false, parentId: null, billWithParent: false };
    expect(written({ isSubCustomer: false }, { stored, customers: [parent] }).next).toMatchObject(gone);
    expect(written({ isSubCustomer: null }, { stored, customers: [parent] }).next).toMatchObject(gone);
  });

  it('ruling 15: a parent sent for no sub-customer is ignored with a warning, even one that does not exist', () => {
    expect(written({ name: 'n', parentCustomer: { reference: 'nobody' } }).warned).toStrictEqual([
      'parent_ignored parentCustomer',
    ]);
    expect(judge({ isSubCustomer: false, parentCustomer: { id: '11' } }, { stored: {} })).toMatchObject({
      kind: 'unchanged',
      warnings: [{ code: 'parent_ignored' }],
    });
  });

  it('ruling 15: is never its own parent', () => {
    const failed = ['save_failed parentCustomer: Failed to save instance.'];
    expect(refused({ name: 'n', isSubCustomer: true, parentCustomer: { reference: 'c' } })).toStrictEqual(failed);
    expect(refused({ isSubCustomer: true, parentCustomer: { id: '10' } }, { stored: {} })).toStrictEqual(failed);
    expect(refused({ isSubCustomer: true, parentCustomer: { reference: ' c' } }, { stored: {} })).toStrictEqual(failed);
  });

  it('ruling 15: never goes below a descendant, as far as the ancestors are known', () => {
    const given = {
      stored: {},
      customers: [customer(12, 'grandchild', { isSubCustomer: true, parentId: 11 }), parent],
    };
    const input = { isSubCustomer: true, parentCustomer: { reference: 'grandchild' } };
    expect(written(input, given).moves).toBe(true);
    const ancestors = new Map([
      [12, 11],
      [11, 10],
      [10, null],
    ]);
    expect(refused(input, { ...given, world: { ancestors } })).toStrictEqual([
      'save_failed parentCustomer: Failed to save instance.',
    ]);
  });

  it('ruling 35: only another parent of an existing record is a move', () => {
    const sub = { isSubCustomer: true, parentId: 11 };
    const customers = [parent, customer(12, 'q')];
    expect(written({ name: 'n', isSubCustomer: true, parentCustomer: { id: '11' } }, { customers }).moves).toBe(false);
    expect(written({ name: 'n', parentCustomer: { id: '11' } }, { stored: sub, customers }).moves).toBe(false);
    expect(written({ isSubCustomer: false }, { stored: sub, customers }).moves).toBe(false);
    expect(written({ parentCustomer: { id: '12' } }, { stored: sub, customers }).moves).toBe(true);
  });
});

describe('a due date', () => {
  it('ruling 16: a type needs a number, sent now or before', () => {
    const missing = ['missing_param dueDateConfigNumber: dueDateConfigNumber parameter is missing'];
    const type = 'daysAfterInvoiceDate';
    expect(refused({ name: 'n', dueDateConfigType: type })).toStrictEqual(missing);
    const stored = { dueDateConfigType: type, dueDateConfigNumber: 7 } as const;
    expect(refused({ dueDateConfigNumber: null }, { stored })).toStrictEqual(missing);
    expect(written({ dueDateConfigType: 'daysAfterEndOfInvoiceMonth' }, { stored }).next.dueDateConfigNumber).toBe(7);
    expect(written({ dueDateConfigType: type }, { stored: { dueDateConfigNumber: 0 } }).next.dueDateConfigNumber).toBe(
      0,
    );
  });

  it('ruling 16: clearing the type clears the number, even one sent with it', () => {
    const stored = { dueDateConfigType: 'daysAfterInvoiceDate', dueDateConfigNumber: 7 } as const;
    const none = { dueDateConfigType: null, dueDateConfigNumber: null };
    expect(written({ dueDateConfigType: null }, { stored }).next).toMatchObject(none);
    const { next, warned } = written({ dueDateConfigType: null, dueDateConfigNumber: 3 }, { stored });
    expect(next).toMatchObject(none);
    expect(warned).toStrictEqual(['due_date_number_ignored dueDateConfigNumber']);
  });

  it('reports an unusable number once, not also as missing', () => {
    expect(refused({ name: 'n', dueDateConfigType: 'daysAfterInvoiceDate', dueDateConfigNumber: -1 })).toStrictEqual([
      'invalid_param_type dueDateConfigNumber: The type of parameter dueDateConfigNumber you provided is not valid for this request.',
    ]);
  });
});

describe('relations', () => {
  it('ruling 26: a reference goes before an id, with a warning where they are two records', () => {
    const { next, warned } = written({ name: 'n', customerCategory: { reference: '2', id: '2' } });
    expect(next.categoryId).toBe(3);
    expect(warned).toStrictEqual(['ambiguous_key customerCategory']);
    expect(written({ name: 'n', customerCategory: { reference: '1', id: '1' } }).next.categoryId).toBe(1);
  });

  it('ruling 6: names what does not exist as it was sent, in the order of the page', () => {
    const missing = { reference: ' nope ' };
    const errors = refused({
      name: 'n',
      regionId: { id: '99' },
      paymentTypes: [{ id: '7' }, { id: '999' }, { id: '998' }],
      currency: 'gbp',
      createdBy: missing,
      customerSegmentation: { id: '9' },
      isSubCustomer: true,
      parentCustomer: missing,
      customerCategory: { id: '0099' },
    });
    expect(errors).toStrictEqual([
      "not_found customerCategory: The customer category with the id 0099 doesn't exist.",
      "not_found parentCustomer: The parent customer with the id  nope  doesn't exist.",
      "not_found customerSegmentation: The customer segmentation with the id 9 doesn't exist.",
      "not_found createdBy: The user with the id  nope  doesn't exist.",
      "not_found currency: The currency with the id gbp doesn't exist.",
      "not_found paymentTypes.1: The payment type with the id 999 doesn't exist.",
      "not_found paymentTypes.2: The payment type with the id 998 doesn't exist.",
      "not_found regionId: The region with the id 99 doesn't exist.",
    ]);
  });

  it('ruling 5: reports everything, by stage before the order of the page', () => {
    const input = { creditLimit: -1, customerCategory: { id: '99' }, newReference: 'd', regionId: { id: '1' } };
    const codes = refused({ ...input, name: null }, { stored: {}, customers: [customer(11, 'd')] }).map(
      (e) => e.split(':')[0],
    );
    expect(codes).toStrictEqual([
      'missing_param name',
      'invalid_param_type creditLimit',
      'not_found customerCategory',
      'not_unique newReference',
      'save_failed regionId',
    ]);
  });

  it('ruling 28: payment types replace the set, collapse and are ordered by id as numbers', () => {
    const paymentTypes = [{ id: '10' }, { id: '007' }, { reference: 'cash' }, { id: '7' }];
    const { next, changedFields } = written({ paymentTypes }, { stored: { paymentTypeIds: [8] } });
    expect(next.paymentTypeIds).toStrictEqual([7, 10]);
    expect(changedFields).toStrictEqual(['paymentTypes']);
    expect(written({ paymentTypes: [] }, { stored: { paymentTypeIds: [8] } }).next.paymentTypeIds).toStrictEqual([]);
  });

  it('ruling 29: a region above the configured level is refused, one below it is fine', () => {
    expect(refused({ name: 'n', regionId: { id: '1' } })).toStrictEqual([
      'save_failed regionId: Failed to save instance.',
    ]);
    expect(written({ name: 'n', regionId: { id: '2' } }).next.regionId).toBe(2);
    expect(written({ name: 'n', regionId: { id: '3' } }).next.regionId).toBe(3);
  });

  it('ruling 29: without geographical locations a region is ignored unchecked, and the stored one stays', () => {
    const off = { settings: { geographicalLocations: false }, stored: { regionId: 3 } };
    for (const id of ['1', '99', 'nonsense', '0']) {
      expect(judge({ regionId: { id } }, off)).toMatchObject({
        kind: 'unchanged',
        record: { regionId: 3 },
        warnings: [{ code: 'region_ignored', path: ['regionId'] }],
      });
    }
  });

  it('ruling 25: a currency is upper-cased and must be configured', () => {
    expect(written({ name: 'n', currency: 'usd' }).next.currency).toBe('USD');
    expect(refused({ name: 'n', currency: 'GBP' })).toStrictEqual([
      "not_found currency: The currency with the id GBP doesn't exist.",
    ]);
  });

  it('ruling 13: keeps a stored currency that is configured no more', () => {
    expect(written({ email: 'e' }, { stored: { currency: 'XPF' } }).next.currency).toBe('XPF');
  });
});

describe('addresses', () => {
  const places = { billingCity: 'Nice', billingLat: 1, city: 'Lyon', latitude: 2, country: 'FR' } as const;

  it('ruling 32: shipping becomes billing where they are the same', () => {
    expect(written({ name: 'n', billingCity: 'Nice' }).next).toMatchObject({ billingCity: 'Nice', city: 'Nice' });
    const { next } = written({ isSameAddress: true }, { stored: { isSameAddress: false, ...places } });
    expect(next).toMatchObject({ billingCity: 'Nice', city: 'Nice', latitude: 1, country: null, billingCountry: null });
  });

  it('ruling 32: billing takes a shipping value sent alone', () => {
    const { next, warned } = written({ name: 'n', city: 'Lyon', latitude: 0 });
    expect(next).toMatchObject({ billingCity: 'Lyon', city: 'Lyon', billingLat: 0, latitude: 0 });
    expect(warned).toStrictEqual([]);
  });

  it('ruling 32: billing wins over a different shipping value, with a warning', () => {
    const { next, warned } = written({
      name: 'n',
      billingCity: 'Nice',
      city: 'Lyon',
      billingCountry: 'FR',
      country: 'France',
    });
    expect(next).toMatchObject({ billingCity: 'Nice', city: 'Nice', country: 'FR' });
    expect(warned).toStrictEqual(['shipping_ignored city']);
  });

  it('ruling 32: leaves two different addresses alone', () => {
    const { next, changedFields } = written({ city: 'Paris' }, { stored: { isSameAddress: false, ...places } });
    expect(next).toMatchObject({ ...places, city: 'Paris' });
    expect(changedFields).toStrictEqual(['city']);
    const parted = written({ isSameAddress: false, city: 'Lyon' }, { stored: { billingCity: 'Nice', city: 'Nice' } });
    expect(parted.next).toMatchObject({ billingCity: 'Nice', city: 'Lyon' });
  });
});

describe('a hold', () => {
  const stored = { onHold: true, onHoldReason: 'late' };

  it('ruling 33: ends with its reason, unless one is sent in the same call', () => {
    expect(written({ onHold: false }, { stored }).next).toMatchObject({ onHold: false, onHoldReason: null });
    expect(written({ onHold: false, onHoldReason: 'paid' }, { stored }).next.onHoldReason).toBe('paid');
    expect(written({ name: 'other' }, { stored }).next).toMatchObject(stored);
    expect(written({ onHold: true, onHoldReason: null }, { stored }).next.onHoldReason).toBeNull();
  });
});

describe('a logo', () => {
  const logo = { path: 'f/k/1_a.png', sha256: 'a', width: 1, height: 1 };
  const newImage = { path: '', sha256: 'b', width: 2, height: 2 };
  const upload = { filename: 'a.png', bytes: new Uint8Array([1]) };

  it('ruling 18: is replaced by another picture only, and cleared by null', () => {
    expect(written({ logo: upload }, { stored: { logo }, world: { newImage } })).toMatchObject({
      next: { logo: newImage },
      changedFields: ['logo'],
    });
    const same = { stored: { logo }, world: { newImage: { ...newImage, sha256: 'a' } } };
    expect(judge({ logo: upload }, same)).toMatchObject({ kind: 'unchanged', record: { logo } });
    expect(judge({}, { stored: { logo } })).toMatchObject({ kind: 'unchanged', record: { logo } });
    expect(written({ logo: null }, { stored: { logo } }).next.logo).toBeNull();
  });
});
