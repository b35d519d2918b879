import type { Noun } from './errors.ts';
import { limits } from './limits.ts';

/** What a parameter holds, and its limits (rulings 12, 20, 21). */
export type ParameterKind =
  | { readonly type: 'text'; readonly max: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly integer?: true }
  | { readonly type: 'country' }
  | { readonly type: 'currency' }
  | { readonly type: 'dueDateType' }
  | { readonly type: 'relation'; readonly noun: Noun }
  | { readonly type: 'paymentTypes' }
  | { readonly type: 'image' };

/** One row of a contract page's table: the form's name, the GraphQL input field that means the same, and its kind. */
export type Parameter = {
  readonly name: string;
  readonly field: string;
  readonly kind: ParameterKind;
  /** Not on the page: REST ignores it (ruling 36). */
  readonly graphqlOnly?: true;
};

const text = (max: number = limits.values.textCharacters) => ({ type: 'text', max }) as const;
const number = (min: number, max = Number.MAX_VALUE) => ({ type: 'number', min, max }) as const;
const relation = (noun: Noun) => ({ type: 'relation', noun }) as const;
const boolean = { type: 'boolean' } as const;
const country = { type: 'country' } as const;
const latitude = number(-90, 90);
const longitude = number(-180, 180);

/** The customers page's table, in its order, which is also the order of errors (ruling 5). */
export const customerParameters = [
  { name: 'name', field: 'name', kind: text() },
  { name: 'barcode', field: 'barcode', kind: text() },
  { name: 'isActive', field: 'isActive', kind: boolean },
  { name: 'categoryId', field: 'customerCategory', kind: relation('customer category') },
  { name: 'isSubCustomer', field: 'isSubCustomer', kind: boolean },
  { name: 'parentCustomer', field: 'parentCustomer', kind: relation('parent customer') },
  { name: 'billWithParent', field: 'billWithParent', kind: boolean },
  { name: 'customerSegmentationId', field: 'customerSegmentation', kind: relation('customer segmentation') },
  { name: 'userId', field: 'createdBy', kind: relation('user') },
  { name: 'isSameAddress', field: 'isSameAddress', kind: boolean },
  { name: 'billingCountry', field: 'billingCountry', kind: country },
  { name: 'billingCity', field: 'billingCity', kind: text() },
  { name: 'billingPostalCode', field: 'billingPostalCode', kind: text() },
  { name: 'billingAddress', field: 'billingAddress', kind: text(limits.values.longTextCharacters) },
  { name: 'billingLat', field: 'billingLat', kind: latitude },
  { name: 'billingLng', field: 'billingLng', kind: longitude },
  { name: 'country', field: 'country', kind: country },
  { name: 'city', field: 'city', kind: text() },
  { name: 'postalCode', field: 'postalCode', kind: text() },
  { name: 'address', field: 'address', kind: text(limits.values.longTextCharacters) },
  { name: 'latitude', field: 'latitude', kind: latitude },
  { name: 'longitude', field: 'longitude', kind: longitude },
  { name: 'email', field: 'email', kind: text() },
  { name: 'phone', field: 'phone', kind: text() },
  { name: 'mobile', field: 'mobile', kind: text() },
  { name: 'fax', field: 'fax', kind: text() },
  { name: 'comment', field: 'comment', kind: text(limits.values.longestTextCharacters) },
  { name: 'website', field: 'website', kind: text(limits.values.longTextCharacters) },
  { name: 'creditLimit', field: 'creditLimit', kind: number(0) },
  {
    name: 'dueDateConfigNumber',
    field: 'dueDateConfigNumber',
    kind: { type: 'number', min: 0, max: 2_147_483_647, integer: true },
  },
  { name: 'dueDateConfigType', field: 'dueDateConfigType', kind: { type: 'dueDateType' } },
  { name: 'taxNumber', field: 'taxNumber', kind: text() },
  { name: 'companyRegistrationNumber', field: 'companyRegistrationNumber', kind: text() },
  { name: 'currency', field: 'currency', kind: { type: 'currency' } },
  { name: 'imageFile', field: 'logo', kind: { type: 'image' } },
  { name: 'paymentTypes', field: 'paymentTypes', kind: { type: 'paymentTypes' } },
  { name: 'regionId', field: 'regionId', kind: relation('region') },
  { name: 'onHold', field: 'onHold', kind: boolean },
  { name: 'onHoldReason', field: 'onHoldReason', kind: text(limits.values.longTextCharacters) },
] as const satisfies readonly Parameter[];

/** The customer categories page's table, in its order, and what only GraphQL sets. */
export const customerCategoryParameters = [
  { name: 'name', field: 'name', kind: text() },
  { name: 'isRoot', field: 'isRoot', kind: boolean },
  { name: 'parentId', field: 'parent', kind: relation('parent customer category') },
  { name: 'image', field: 'image', kind: { type: 'image' } },
  { name: 'description', field: 'description', kind: text(limits.values.longestTextCharacters), graphqlOnly: true },
] as const satisfies readonly Parameter[];
