import { describe, expect, it } from 'vitest';
import { customerCategoryParameters } from '../src/contract/parameters.ts';
import type { UpsertCustomerCategoryInput } from '../src/services/customer-categories/input.ts';
import { judgeCategory } from '../src/services/customer-categories/judge.ts';
import type { CustomerCategory, CustomerCategoryState } from '../src/services/records.ts';
import { checkItem, sortErrors } from '../src/services/upsert/check-item.ts';
import type { Ancestors } from '../src/services/upsert/ancestors.ts';
import { indexRows } from '../src/services/upsert/relations.ts';

const stamps = { version: 1, dateCreated: new Date(0), lastUpdated: new Date(0) };

function category(id: number, reference: string, parentId: number | null): CustomerCategory {
  return { id, reference, name: 'n', isRoot: parentId === null, parentId, description: null, image: null, ...stamps };
}

const root = category(1, 'root', null);
const a = category(2, 'a', 1);
const b = category(3, 'b', 2);
const tree = [root, a, b];

type Given = { readonly stored?: readonly CustomerCategory[]; readonly ancestors?: Ancestors };

function judge(input: UpsertCustomerCategoryInput, { stored = tree, ancestors = new Map() }: Given = {}) {
  const item = checkItem({ input, problems: [] }, customerCategoryParameters, ({ image }) => image);
  const snapshot = { categories: indexRows(stored), root: stored.find(({ isRoot }) => isRoot), ancestors };
  return judgeCategory(item, snapshot, { userId: null, newImage: undefined, ancestors, claimed: new Set() });
}

function next(input: UpsertCustomerCategoryInput, given?: Given): CustomerCategoryState {
  const verdict = judge(input, given);
  return verdict.kind === 'write' ? verdict.next : expect.fail(`a write was expected, not ${JSON.stringify(verdict)}`);
}

function refused(input: UpsertCustomerCategoryInput, given?: Given): string[] {
  const verdict = judge(input, given);
  if (verdict.kind !== 'refused') return expect.fail(`a refusal was expected, not ${JSON.stringify(verdict)}`);
  return sortErrors(verdict.errors, customerCategoryParameters).map(
    (e) => `${e.code} ${e.path.join('.')}: ${e.message}`,
  );
}

const secondRoot = 'save_not_authorized isRoot: Organization should have only one root category of customer.';
const saveFailed = 'save_failed parent: Failed to save instance';
const parentMissing = 'missing_param parent: parentId parameter is missing';

describe('a new category', () => {
  it('ruling 14: needs a name, and a parent unless it is the root', () => {
    expect(refused({ reference: 'c' })).toStrictEqual(['missing_param name: name parameter is missing', parentMissing]);
    expect(refused({ reference: 'c', name: 'n', isRoot: false })).toStrictEqual([parentMissing]);
    expect(refused({ reference: 'c', name: 'n', isRoot: null, parent: null })).toStrictEqual([parentMissing]);
    expect(next({ reference: 'r', name: 'n', isRoot: true }, { stored: [] })).toMatchObject({
      isRoot: true,
      parentId: null,
    });
  });

  it('goes below its parent, and is no move', () => {
    const verdict = judge({ reference: 'c', name: 'n', parent: { reference: 'b' }, description: 'd' });
    const expected = { reference: 'c', name: 'n', isRoot: false, parentId: 3, description: 'd', image: null };
    expect(verdict).toMatchObject({ kind: 'write', moves: false, next: expected });
    expect(verdict).toMatchObject({
      existing: undefined,
      changedFields: ['reference', 'name', 'parent', 'description'],
    });
  });

  it('ruling 35: is not its own parent', () => {
    expect(refused({ reference: 'c', name: 'n', parent: { reference: 'c' } })).toStrictEqual([saveFailed]);
  });

  it('ruling 6: names a parent that does not exist as it was sent', () => {
    expect(refused({ reference: 'c', name: 'n', parent: { id: '9999' } })).toStrictEqual([
      "not_found parent: The parent customer category with the id 9999 doesn't exist.",
    ]);
  });
});

describe('the root', () => {
  it('ruling 34: is the only one, also where another would become it', () => {
    expect(refused({ reference: 'c', name: 'n', isRoot: true })).toStrictEqual([secondRoot]);
    expect(refused({ reference: 'a', isRoot: true })).toStrictEqual([secondRoot]);
  });

  it('ruling 34: may be sent again', () => {
    expect(judge({ reference: 'root', name: 'n', isRoot: true })).toMatchObject({ kind: 'unchanged', warnings: [] });
  });

  it('ruling 34: has no parent: one sent with it is ignored with a warning, even one that does not exist', () => {
    for (const parent of [{ reference: 'a' }, { reference: 'root' }, { id: '9999' }]) {
      expect(judge({ reference: 'root', isRoot: true, parent })).toMatchObject({
        kind: 'unchanged',
        warnings: [{ code: 'parent_ignored', path: ['parent'] }],
      });
    }
  });

  it('ruling 35: cannot go below its own descendants, so it stays the root', () => {
    const ancestors = new Map([
      [3, 2],
      [2, 1],
      [1, null],
    ]);
    const input = { reference: 'root', isRoot: false, parent: { reference: 'b' } };
    expect(judge(input)).toMatchObject({ kind: 'write', moves: true });
    expect(refused(input, { ancestors })).toStrictEqual([saveFailed]);
    expect(refused({ reference: 'root', isRoot: false })).toStrictEqual([parentMissing]);
    expect(refused({ reference: 'root', isRoot: null })).toStrictEqual([parentMissing]);
  });
});

describe('an existing category', () => {
  it('ruling 13: keeps what was not sent, and ruling 17: null clears', () => {
    const stored = [root, { ...a, description: 'd' }];
    expect(next({ reference: 'a', name: 'new' }, { stored })).toMatchObject({
      name: 'new',
      description: 'd',
      parentId: 1,
    });
    expect(next({ reference: 'a', description: null }, { stored }).description).toBeNull();
    expect(judge({ reference: 'a' }).kind).toBe('unchanged');
    expect(refused({ reference: 'a', parent: null })).toStrictEqual([parentMissing]);
  });

  it('ruling 35: never goes below itself or, as far as the ancestors are known, a descendant', () => {
    expect(refused({ reference: 'a', parent: { reference: 'a' } })).toStrictEqual([saveFailed]);
    expect(refused({ reference: 'a', parent: { id: '2' } })).toStrictEqual([saveFailed]);
    const ancestors = new Map([
      [3, 2],
      [2, 1],
      [1, null],
    ]);
    expect(refused({ reference: 'a', parent: { id: '3' } }, { ancestors })).toStrictEqual([saveFailed]);
    expect(next({ reference: 'b', parent: { id: '1' } }, { ancestors }).parentId).toBe(1);
  });

  it('ruling 19: is renamed to a free reference only', () => {
    expect(next({ reference: 'a', newReference: 'z' }).reference).toBe('z');
    expect(refused({ reference: 'a', newReference: 'b' })).toStrictEqual([
      'not_unique newReference: reference already used',
    ]);
  });

  it('reports an unusable isRoot alone, not also a missing parent', () => {
    const problem = { code: 'invalid_param_type', message: 'no boolean', path: ['isRoot'] } as const;
    const item = checkItem(
      { input: { reference: 'c', name: 'n' }, problems: [problem] },
      customerCategoryParameters,
      () => null,
    );
    const verdict = judgeCategory(
      item,
      { categories: indexRows(tree), root, ancestors: new Map() },
      { userId: null, newImage: undefined, ancestors: new Map(), claimed: new Set() },
    );
    expect(verdict).toStrictEqual({ kind: 'refused', errors: [problem] });
  });
});
