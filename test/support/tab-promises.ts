import { expect } from 'vitest';
import { errorCatalogue } from '../../src/contract/errors.ts';

/** What an answer's data holds at least: run first, at once again, and first again after all the others. */
type TabPromise = { readonly first: object; readonly again?: object; readonly later?: object };

const upsert = (outcome: string, rest: object = {}) => ({ upsertCustomer: { outcome, ...rest } });
const failure = (error: object) => ({ upsertCustomer: { errors: [error] } });
const failed = (...errors: (readonly [code: string, ...path: string[]])[]) => ({
  errors: errors.map(([code, ...path]) => ({ code, path })),
});

const created = {
  name: "Marie's Jewelry",
  customerCategory: { name: 'Jewelry and accessories' },
  billingCountry: 'FR',
};
const cleared = { website: null, creditLimit: null, customerSegmentation: null, paymentTypes: [] };

const bulk = (outcome: string, counts: object) => ({
  upsertCustomers: {
    ...counts,
    results: [
      { outcome, customer: { reference: 'NC-3-Cannes', parentCustomer: { name: "Marie's Group" } } },
      { outcome, customer: { reference: 'NC-3-Group' } },
      failed(['MISSING_PARAM', 'name']),
    ],
  },
});

/** What every tab of GraphiQL promises in its comment, by its title. */
export const tabPromises: Readonly<Record<string, TabPromise>> = {
  Create: {
    first: upsert('CREATED', { customer: created }),
    again: upsert('UNCHANGED', { changedFields: [] }),
    later: upsert('UPDATED', { changedFields: expect.arrayContaining(['website', 'billingCity']) as unknown }),
  },
  Update: {
    first: upsert('UPDATED', {
      changes: expect.arrayContaining([
        { field: 'billingCity', before: 'Nice', after: 'Lyon' },
        { field: 'creditLimit', before: null, after: '5000' },
      ]) as unknown,
      customer: { name: "Marie's Jewelry", billingCity: 'Lyon' },
    }),
    again: upsert('UNCHANGED', { changes: [] }),
  },
  Clear: {
    first: upsert('UPDATED', {
      changedFields: ['customerSegmentation', 'website', 'creditLimit', 'paymentTypes'],
      customer: cleared,
    }),
    again: upsert('UNCHANGED', { customer: cleared }),
  },
  Logo: { first: { customer: { name: "Marie's Jewelry" } } },
  DryRun: { first: upsert('CREATED', { customer: { name: 'Not kept', currency: 'EUR' } }) },
  CreateOnly: { first: failure({ code: 'CONFLICT', message: 'The record exists already.' }) },
  Conflict: { first: failure({ code: 'CONFLICT', currentVersion: expect.any(Number) as unknown }) },
  Failures: {
    first: {
      values: failed(
        ['MISSING_PARAM', 'name'],
        ['MISSING_PARAM', 'dueDateConfigNumber'],
        ['INVALID_PARAM_TYPE', 'billingCountry'],
        ['INVALID_PARAM_TYPE', 'billingLat'],
        ['INVALID_PARAM_TYPE', 'creditLimit'],
        ['NOT_FOUND', 'parentCustomer'],
        ['NOT_FOUND', 'paymentTypes', '1'],
      ),
      ownParent: failed(['SAVE_FAILED', 'parentCustomer']),
      takenReference: failed(['NOT_UNIQUE', 'newReference']),
      secondRoot: failed(['SAVE_NOT_AUTHORIZED', 'isRoot']),
      alreadyThere: failed(['CONFLICT', 'reference']),
    },
  },
  Bulk: {
    first: bulk('CREATED', { created: 2, unchanged: 0, failed: 1 }),
    again: bulk('UNCHANGED', { created: 0, unchanged: 2, failed: 1 }),
    later: bulk('UNCHANGED', { created: 0, unchanged: 2, failed: 1 }),
  },
  Customer: {
    first: {
      customer: {
        billingCity: 'Lyon',
        customerCategory: { name: 'Jewelry and accessories', parent: { name: 'All customers' } },
        region: { name: 'New York', parent: { name: 'New York State', parent: { name: 'United States' } } },
      },
      nobody: null,
    },
  },
  Category: {
    first: {
      customerCategory: { isRoot: false, parent: { reference: 'root', name: 'All customers', isRoot: true } },
      organization: { name: 'entity1', currency: 'EUR' },
      paymentTypes: [{ id: '7' }, { id: '8' }, { id: '9' }],
    },
  },
  Paging: {
    first: {
      customerCategories: {
        totalCount: 3,
        nodes: [{ reference: 'root' }, { reference: 'jewelry' }],
        pageInfo: { hasNextPage: true },
      },
      customers: { nodes: [{ reference: 'NC-3' }, { reference: 'NC-3-Group' }] },
    },
  },
  Catalogue: {
    first: { errorCatalogue: Object.keys(errorCatalogue).map((restCode) => ({ restCode })) },
  },
};

/** Checks a tab's answer; `round` 2 follows a whole first round. */
export function expectPromised(title: string, data: unknown, round: 1 | 2, isAgain = false): void {
  const promise = tabPromises[title];
  if (!promise) throw new Error(`Nobody knows what the tab ${title} promises.`);
  const first = round === 2 ? (promise.later ?? promise.first) : promise.first;
  expect({ title, round, isAgain, data }).toMatchObject({ data: isAgain ? (promise.again ?? first) : first });
}
