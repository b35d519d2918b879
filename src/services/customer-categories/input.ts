import type { UploadedFile } from '../../contract/images.ts';
import type { RecordKey, UpsertInput } from '../upsert/types.ts';

/** What `upsertCustomerCategories` takes for one category, beside its reference. */
export type UpsertCustomerCategoryInput = UpsertInput & {
  readonly name?: string | null | undefined;
  readonly isRoot?: boolean | null | undefined;
  readonly parent?: RecordKey | null | undefined;
  readonly description?: string | null | undefined;
  readonly image?: UploadedFile | null | undefined;
};
