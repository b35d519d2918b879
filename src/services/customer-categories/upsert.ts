import type { Actor } from '../../actor.ts';
import { customerCategoryParameters } from '../../contract/parameters.ts';
import type { UpsertDeps } from '../deps.ts';
import type { CustomerCategory, CustomerCategoryState } from '../records.ts';
import { upsertAll } from '../upsert/engine.ts';
import type { UpsertModel } from '../upsert/model.ts';
import type { UpsertItem, UpsertOptions, UpsertResult } from '../upsert/types.ts';
import { categoryColumnSql } from './columns.ts';
import type { UpsertCustomerCategoryInput } from './input.ts';
import { judgeCategory } from './judge.ts';
import { type CategorySnapshot, readCategories } from './read.ts';

/** Stands for being the root among the references of a list: no reference holds U+0000. */
const rootName = '\0root';

const categoryModel: UpsertModel<
  UpsertCustomerCategoryInput,
  CustomerCategoryState,
  CustomerCategory,
  CategorySnapshot
> = {
  parameters: customerCategoryParameters,
  image: {
    field: 'image',
    folder: 'photoCustomerCategory',
    ofInput: (input) => input.image,
    ofState: (state) => state.image,
    into: (state, image) => ({ ...state, image }),
  },
  target: {
    table: 'customer_categories',
    kind: 'customerCategory',
    columns: categoryColumnSql,
    toJson: ({ next }) => next,
  },
  read: (db, actor, inputs) => readCategories(db, actor.organization.id, inputs),
  find: (snapshot, reference) => snapshot.categories.byReference.get(reference),
  judge: judgeCategory,
  tiesOf: ({ parent, isRoot }) => ({
    needs: parent?.reference ? [parent.reference] : [],
    claims: isRoot ? [rootName] : [],
  }),
  parentOf: ({ parentId }) => parentId,
  toRow: (state, stored) => ({ ...state, ...stored }),
};

export type CategoryResult = UpsertResult<CustomerCategory, CategorySnapshot>;

/**
 * Creates or updates customer categories by reference, each on its own, in two SQL statements for any number of them.
 * What is wrong with an item is its result, never an exception; see `upsertAll` for what throws.
 */
export function upsertCustomerCategories(
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<UpsertCustomerCategoryInput>[],
  options?: UpsertOptions,
): Promise<readonly CategoryResult[]> {
  return upsertAll(categoryModel, deps, actor, items, options);
}
