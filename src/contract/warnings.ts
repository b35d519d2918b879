/** What a call may ignore without failing, each with the sentence that says so. All of them are ours. ◊ */
export const warningCatalogue = {
  reference_ignored: 'The record was created under the reference that names it; the other reference was ignored.',
  ambiguous_key: 'The value is the reference of one record and the id of another; the reference was followed.',
  parent_ignored: 'The parent was ignored, since the record cannot have one: it is a root or no sub-customer.',
  bill_with_parent_ignored: 'billWithParent was ignored, since the customer is no sub-customer.',
  shipping_ignored: 'The shipping value was ignored: the addresses are the same, and the billing value differs.',
  due_date_number_ignored: 'dueDateConfigNumber was ignored, since dueDateConfigType was cleared.',
  region_ignored: 'The region was ignored, since the organization does not use geographical locations.',
  superseded: 'The item was left out, since a later one has the same reference: what is told is of that one.',
} as const;

export type WarningCode = keyof typeof warningCatalogue;

/** Something that was sent and not used; `path` leads into the GraphQL input. */
export type UpsertWarning = { readonly code: WarningCode; readonly message: string; readonly path: readonly string[] };

/** The warning of `code` about the input field at `path`. */
export function createWarning(code: WarningCode, ...path: string[]): UpsertWarning {
  return { code, message: warningCatalogue[code], path };
}
