import { builder } from './builder.ts';

type FieldChange = { readonly field: string; readonly before: string | null; readonly after: string | null };

export const FieldChangeRef = builder.objectRef<FieldChange>('FieldChange').implement({
  description: 'A field of a record that changed, and both its values as text: of related records their references.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The input field that sets it.' }),
    before: t.exposeString('before', { nullable: true, description: 'What was there; null where there was nothing.' }),
    after: t.exposeString('after', { nullable: true, description: 'What is there now; null where there is nothing.' }),
  }),
});

type Changed<Row> = {
  readonly record: Row;
  readonly previous: Row | undefined;
  readonly changedFields: readonly string[];
};

/** Every changed field with both its values, told by `textOf`. */
export function describeChanges<Row>(
  { record, previous, changedFields }: Changed<Row>,
  textOf: (row: Row, field: string) => Promise<string | null>,
): Promise<FieldChange[]> {
  return Promise.all(
    changedFields.map(async (field) => ({
      field,
      before: previous === undefined ? null : await textOf(previous, field),
      after: await textOf(record, field),
    })),
  );
}

/** A plain value as text. */
export function toText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
