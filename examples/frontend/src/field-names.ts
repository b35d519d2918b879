import type { UpsertError } from './gql/graphql.ts';

/** The form's fields by their names in the input of `upsertCustomer`. */
export const labels = {
  reference: 'Reference',
  name: 'Name',
  customerCategory: 'Category',
  customerSegmentation: 'Segmentation',
  email: 'E-mail',
  phone: 'Phone',
  billingCity: 'City',
  billingCountry: 'Country',
  creditLimit: 'Credit limit',
  paymentTypes: 'Payment types',
  onHold: 'On hold',
  onHoldReason: 'Reason',
  logo: 'Logo',
} as const;

export type FieldName = keyof typeof labels;

/** Whether the form has this field of the input. */
export function isFieldName(name: string): name is FieldName {
  return name in labels;
}

/** The field of the form that an error is about; undefined where there is none. */
export function findField({ path: [first = ''] }: Pick<UpsertError, 'path'>): FieldName | undefined {
  if (first === 'newReference') return 'reference';
  return isFieldName(first) ? first : undefined;
}
