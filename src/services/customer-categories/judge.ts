import { texts } from '../../contract/errors.ts';
import { createWarning } from '../../contract/warnings.ts';
import type { CustomerCategory, CustomerCategoryState } from '../records.ts';
import { changedFields } from '../upsert/changes.ts';
import {
  type Case,
  findConflict,
  judgeImage,
  judgeName,
  judgeReference,
  keep,
  keepOptional,
  miss,
} from '../upsert/judging.ts';
import { type Ancestors, leadsTo } from '../upsert/ancestors.ts';
import type { World } from '../upsert/model.ts';
import { type Findings, resolveKey } from '../upsert/relations.ts';
import type { CheckedItem, Verdict } from '../upsert/types.ts';
import { categoryColumns } from './columns.ts';
import type { UpsertCustomerCategoryInput } from './input.ts';
import type { CategorySnapshot } from './read.ts';

type CategoryCase = Case<UpsertCustomerCategoryInput, CustomerCategory> & { readonly snapshot: CategorySnapshot };

/** Stands for being the root among the references of a list: no reference holds U+0000. */
export const rootName = '\0root';

/** Ruling 34. */
function judgeRoot({ input, stored, snapshot, findings }: CategoryCase, claimed: ReadonlySet<string>): boolean {
  const isRoot = keep(input.isRoot, stored?.isRoot, false);
  const isTaken = snapshot.root ? snapshot.root.id !== stored?.id : claimed.has(rootName);
  if (isRoot && isTaken) {
    findings.errors.push({ code: 'save_not_authorized', message: texts.secondRoot, path: ['isRoot'] });
  }
  return isRoot;
}

/** Rulings 34 and 35. */
function judgeParent(kase: CategoryCase, isRoot: boolean, ancestors: Ancestors): number | null {
  const { input, stored, snapshot, findings } = kase;
  const key = input.parent;
  if (isRoot) {
    if (key) findings.warnings.push(createWarning('parent_ignored', 'parent'));
    return null;
  }
  if (!key) {
    const parentId = key === undefined ? (stored?.parentId ?? null) : null;
    if (parentId === null && !kase.item.refused.has('isRoot')) miss(kase, 'parent', 'parentId');
    return parentId;
  }
  const fail = () => {
    findings.errors.push({ code: 'save_failed', message: texts.categorySaveFailed, path: ['parent'] });
  };
  if (!stored && key.reference === input.reference) {
    fail();
    return null;
  }
  const parent = resolveKey(key, snapshot.categories, findings, 'parent customer category', 'parent');
  if (parent && stored && leadsTo(stored.id, parent.id, ancestors)) fail();
  return parent?.id ?? null;
}

/** Judges one category against what is stored: the merged record, or everything that is wrong. Pure. */
export function judgeCategory(
  item: CheckedItem<UpsertCustomerCategoryInput>,
  snapshot: CategorySnapshot,
  { newImage, ancestors, claimed }: World,
): Verdict<CustomerCategoryState, CustomerCategory> {
  const { input } = item;
  const stored = snapshot.categories.byReference.get(input.reference);
  const findings: Findings = { errors: [...item.errors], warnings: [] };
  const conflict = findConflict(item.intent, stored);
  if (conflict) return { kind: 'refused', errors: [...findings.errors, conflict] };
  const kase: CategoryCase = { item, input, snapshot, stored, findings };
  const isRoot = judgeRoot(kase, claimed);
  const next: CustomerCategoryState = {
    reference: judgeReference(kase, snapshot.categories),
    name: judgeName(kase),
    isRoot,
    parentId: judgeParent(kase, isRoot, ancestors),
    description: keepOptional(input.description, stored?.description),
    image: judgeImage(input.image, stored?.image, newImage),
  };
  const { errors, warnings } = findings;
  if (errors.length > 0) return { kind: 'refused', errors };
  const changed = changedFields(categoryColumns, stored ?? { isRoot: false }, next);
  if (stored && changed.length === 0) return { kind: 'unchanged', record: stored, warnings };
  const moves = stored !== undefined && next.parentId !== null && next.parentId !== stored.parentId;
  return { kind: 'write', existing: stored, next, changedFields: changed, warnings, moves };
}
