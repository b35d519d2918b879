import { customerCategoryParameters } from '../../contract/parameters.ts';
import type { CustomerCategoryState } from '../records.ts';
import type { ResultOf, UpsertModel } from '../upsert/model.ts';
import { createWriter } from '../upsert/write.ts';
import { categoryColumns } from './columns.ts';
import type { UpsertCustomerCategoryInput } from './input.ts';
import { judgeCategory, rootName } from './judge.ts';
import { type CategorySnapshot, readCategories } from './read.ts';

/** The types of customer categories. */
export type CategoryKind = {
  readonly input: UpsertCustomerCategoryInput;
  readonly state: CustomerCategoryState;
  readonly snapshot: CategorySnapshot;
};

export const categoryModel: UpsertModel<CategoryKind> = {
  parameters: customerCategoryParameters,
  image: {
    name: 'image',
    folder: 'photoCustomerCategory',
    ofInput: (input) => input.image,
    ofState: (state) => state.image,
    into: (state, image) => ({ ...state, image }),
  },
  table: 'customer_categories',
  read: readCategories,
  write: createWriter({ table: 'customer_categories', kind: 'customerCategory', columns: categoryColumns }),
  rowsOf: (snapshot) => snapshot.categories,
  judge: judgeCategory,
  tiesOf: ({ parent, isRoot }) => {
    const needs = parent?.reference && !isRoot ? [parent.reference] : [];
    return { needs, needsIfNew: needs, claims: isRoot ? [rootName] : [] };
  },
};

export type CategoryResult = ResultOf<CategoryKind>;
