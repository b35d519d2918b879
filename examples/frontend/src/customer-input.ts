import type { StoredCustomerFragment, UpsertCustomerInput } from './gql/graphql.ts';

function readText(form: FormData, name: string): string | null {
  const value = form.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function readNumber(form: FormData, name: string): number | null {
  const text = readText(form, name);
  return text === null ? null : Number(text);
}

function readTexts(form: FormData, name: string): string[] {
  return form.getAll(name).filter((value) => typeof value === 'string');
}

/** A field left out of the input keeps what is stored, `null` clears it. */
function readLogo(form: FormData): Pick<UpsertCustomerInput, 'logo'> {
  const file = form.get('logo');
  if (file instanceof File && file.name !== '') return { logo: file };
  return form.has('removeLogo') ? { logo: null } : {};
}

function readReference(form: FormData, stored: StoredCustomerFragment | undefined) {
  const reference = readText(form, 'reference') ?? '';
  if (!stored) return { reference };
  return reference === stored.reference ? { reference } : { reference: stored.reference, newReference: reference };
}

/** The form as an input of `upsertCustomer`: every field that the form has, and no other. */
export function readCustomer(form: FormData, stored: StoredCustomerFragment | undefined): UpsertCustomerInput {
  const category = readText(form, 'customerCategory');
  const segmentation = readText(form, 'customerSegmentation');
  return {
    ...readReference(form, stored),
    name: readText(form, 'name'),
    customerCategory: category === null ? null : { reference: category },
    customerSegmentation: segmentation === null ? null : { reference: segmentation },
    email: readText(form, 'email'),
    phone: readText(form, 'phone'),
    billingCity: readText(form, 'billingCity'),
    billingCountry: readText(form, 'billingCountry'),
    creditLimit: readNumber(form, 'creditLimit'),
    paymentTypes: readTexts(form, 'paymentTypes').map((id) => ({ id })),
    onHold: form.has('onHold'),
    onHoldReason: readText(form, 'onHoldReason'),
    ...readLogo(form),
  };
}
