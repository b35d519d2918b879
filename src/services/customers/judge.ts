import { type UpsertError, texts } from '../../contract/errors.ts';
import { createWarning } from '../../contract/warnings.ts';
import type { Customer, CustomerState } from '../records.ts';
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
import { mergeAddresses } from './addresses.ts';
import { customerColumns } from './columns.ts';
import type { UpsertCustomerInput } from './input.ts';
import type { CustomerSnapshot } from './read.ts';

type CustomerCase = Case<UpsertCustomerInput, Customer> & { readonly snapshot: CustomerSnapshot };

function failSave({ findings }: CustomerCase, ...path: string[]): void {
  findings.errors.push({ code: 'save_failed', message: texts.customerSaveFailed, path });
}

/** Rulings 17 and 27: none, or cleared, is the root category. */
function judgeCategory(kase: CustomerCase): number {
  const { item, input, stored, snapshot, findings } = kase;
  const key = input.customerCategory;
  if (key) {
    return resolveKey(key, snapshot.categories, findings, 'customer category', 'customerCategory')?.id ?? 0;
  }
  if (key === undefined && stored) return stored.categoryId;
  if (!snapshot.root && !item.refused.has('customerCategory')) miss(kase, 'customerCategory', 'categoryId');
  return snapshot.root?.id ?? 0;
}

/** Rulings 15 and, in its spirit for customers, 35. */
function judgeParent(kase: CustomerCase, isSubCustomer: boolean, ancestors: Ancestors): number | null {
  const { input, stored, snapshot, findings } = kase;
  const key = input.parentCustomer;
  if (!isSubCustomer) {
    if (key) findings.warnings.push(createWarning('parent_ignored', 'parentCustomer'));
    return null;
  }
  if (!key) {
    const parentId = key === undefined ? (stored?.parentId ?? null) : null;
    if (parentId === null) miss(kase, 'parentCustomer', 'parentCustomer');
    return parentId;
  }
  if (!stored && key.reference === input.reference) {
    failSave(kase, 'parentCustomer');
    return null;
  }
  const parent = resolveKey(key, snapshot.customers, findings, 'parent customer', 'parentCustomer');
  if (!parent) return null;
  if (stored && leadsTo(stored.id, parent.id, ancestors)) failSave(kase, 'parentCustomer');
  return parent.id;
}

function judgeBillWithParent({ input, stored, findings }: CustomerCase, isSubCustomer: boolean): boolean {
  if (isSubCustomer) return keep(input.billWithParent, stored?.billWithParent, false);
  if (input.billWithParent) findings.warnings.push(createWarning('bill_with_parent_ignored', 'billWithParent'));
  return false;
}

function judgeSegmentation({ input, stored, snapshot, findings }: CustomerCase): number | null {
  const key = input.customerSegmentation;
  if (!key) return key === undefined ? (stored?.segmentationId ?? null) : null;
  const row = resolveKey(key, snapshot.segmentations, findings, 'customer segmentation', 'customerSegmentation');
  return row?.id ?? null;
}

/** Ruling 30. */
function judgeCreatedBy({ input, stored, snapshot, findings }: CustomerCase, userId: number | null): number | null {
  const key = input.createdBy;
  if (key) return resolveKey(key, snapshot.users, findings, 'user', 'createdBy')?.id ?? null;
  if (key === null) return null;
  if (stored) return stored.createdById;
  return userId === null ? null : (snapshot.users.byId.get(String(userId))?.id ?? null);
}

/** Ruling 16. */
function judgeDueDate(kase: CustomerCase): Pick<CustomerState, 'dueDateConfigNumber' | 'dueDateConfigType'> {
  const { item, input, stored, findings } = kase;
  const dueDateConfigType = keepOptional(input.dueDateConfigType, stored?.dueDateConfigType);
  if (input.dueDateConfigType === null) {
    if (typeof input.dueDateConfigNumber === 'number') {
      findings.warnings.push(createWarning('due_date_number_ignored', 'dueDateConfigNumber'));
    }
    return { dueDateConfigType, dueDateConfigNumber: null };
  }
  const dueDateConfigNumber = keepOptional(input.dueDateConfigNumber, stored?.dueDateConfigNumber);
  if (dueDateConfigType !== null && dueDateConfigNumber === null && !item.refused.has('dueDateConfigType')) {
    miss(kase, 'dueDateConfigNumber', 'dueDateConfigNumber');
  }
  return { dueDateConfigType, dueDateConfigNumber };
}

/** Ruling 25. */
function judgeCurrency({ input, stored, snapshot, findings }: CustomerCase): string {
  const { settings } = snapshot;
  const sent = input.currency;
  if (!sent) return sent === undefined ? (stored?.currency ?? settings.currency) : settings.currency;
  const currency = sent.toUpperCase();
  if (!settings.currencies.includes(currency)) {
    findings.errors.push({ code: 'not_found', message: texts.notFound('currency', sent), path: ['currency'] });
  }
  return currency;
}

/** Ruling 28. */
function judgePaymentTypes({ input, stored, snapshot, findings }: CustomerCase): readonly number[] {
  const keys = input.paymentTypes;
  if (keys === undefined) return stored?.paymentTypeIds ?? [];
  const found = new Set<number>();
  keys?.forEach((key, index) => {
    const row = resolveKey(key, snapshot.paymentTypes, findings, 'payment type', 'paymentTypes', String(index));
    if (row) found.add(row.id);
  });
  const ids = [...found];
  // Nearly all are sent in order, and sorting even two takes longer than all of the above.
  return ids.every((id, index) => index === 0 || (ids[index - 1] ?? 0) < id) ? ids : ids.sort((a, b) => a - b);
}

/** Ruling 29. */
function judgeRegion(kase: CustomerCase): number | null {
  const { input, stored, snapshot, findings } = kase;
  const key = input.regionId;
  const kept = stored?.regionId ?? null;
  if (!snapshot.settings.geographicalLocations) {
    if (key || kase.item.refused.has('regionId')) findings.warnings.push(createWarning('region_ignored', 'regionId'));
    return kept;
  }
  if (!key) return key === undefined ? kept : null;
  const region = resolveKey(key, snapshot.regions, findings, 'region', 'regionId');
  if (!region) return null;
  if (region.level < snapshot.settings.regionLevel) failSave(kase, 'regionId');
  return region.id;
}

/** Ruling 33. */
function judgeHold({ input, stored }: CustomerCase): Pick<CustomerState, 'onHold' | 'onHoldReason'> {
  const onHold = keep(input.onHold, stored?.onHold, false);
  const released = input.onHold !== undefined && !onHold;
  const onHoldReason = keepOptional(input.onHoldReason, released ? null : stored?.onHoldReason);
  return { onHold, onHoldReason };
}

/** What the checks found, without what ruling 29 does not check. */
function usableErrors({ errors }: CheckedItem<UpsertCustomerInput>, snapshot: CustomerSnapshot): UpsertError[] {
  return errors.filter(({ path }) => snapshot.settings.geographicalLocations || path[0] !== 'regionId');
}

/** Judges one customer against what is stored: the merged record, or everything that is wrong. Pure. */
export function judgeCustomer(
  item: CheckedItem<UpsertCustomerInput>,
  snapshot: CustomerSnapshot,
  { userId, newImage, ancestors }: World,
): Verdict<CustomerState, Customer> {
  const { input } = item;
  const stored = snapshot.customers.byReference.get(input.reference);
  const findings: Findings = { errors: usableErrors(item, snapshot), warnings: [] };
  const conflict = findConflict(item.intent, stored);
  if (conflict) return { kind: 'refused', errors: [...findings.errors, conflict] };
  const kase: CustomerCase = { item, input, snapshot, stored, findings };
  // What finds something does so in this order.
  const reference = judgeReference(kase, snapshot.customers);
  const name = judgeName(kase);
  const categoryId = judgeCategory(kase);
  const isSubCustomer = keep(input.isSubCustomer, stored?.isSubCustomer, false);
  const parentId = judgeParent(kase, isSubCustomer, ancestors);
  const billWithParent = judgeBillWithParent(kase, isSubCustomer);
  const segmentationId = judgeSegmentation(kase);
  const createdById = judgeCreatedBy(kase, userId);
  const addresses = mergeAddresses(input, stored, findings);
  const { dueDateConfigType, dueDateConfigNumber } = judgeDueDate(kase);
  const currency = judgeCurrency(kase);
  const paymentTypeIds = judgePaymentTypes(kase);
  const regionId = judgeRegion(kase);
  const { onHold, onHoldReason } = judgeHold(kase);
  // One by one, since spreading the addresses takes longer than all of the judging.
  const next: CustomerState = {
    reference,
    name,
    barcode: keepOptional(input.barcode, stored?.barcode),
    isActive: keep(input.isActive, stored?.isActive, true),
    categoryId,
    isSubCustomer,
    parentId,
    billWithParent,
    segmentationId,
    createdById,
    isSameAddress: addresses.isSameAddress,
    billingCountry: addresses.billingCountry,
    billingCity: addresses.billingCity,
    billingPostalCode: addresses.billingPostalCode,
    billingAddress: addresses.billingAddress,
    billingLat: addresses.billingLat,
    billingLng: addresses.billingLng,
    country: addresses.country,
    city: addresses.city,
    postalCode: addresses.postalCode,
    address: addresses.address,
    latitude: addresses.latitude,
    longitude: addresses.longitude,
    email: keepOptional(input.email, stored?.email),
    phone: keepOptional(input.phone, stored?.phone),
    mobile: keepOptional(input.mobile, stored?.mobile),
    fax: keepOptional(input.fax, stored?.fax),
    comment: keepOptional(input.comment, stored?.comment),
    website: keepOptional(input.website, stored?.website),
    creditLimit: keepOptional(input.creditLimit, stored?.creditLimit),
    dueDateConfigNumber,
    dueDateConfigType,
    taxNumber: keepOptional(input.taxNumber, stored?.taxNumber),
    companyRegistrationNumber: keepOptional(input.companyRegistrationNumber, stored?.companyRegistrationNumber),
    currency,
    logo: judgeImage(input.logo, stored?.logo, newImage),
    paymentTypeIds,
    regionId,
    onHold,
    onHoldReason,
  };
  const { errors, warnings } = findings;
  if (errors.length > 0) return { kind: 'refused', errors };
  const changed = changedFields(customerColumns, stored ?? describeBlank(snapshot, userId), next);
  if (stored && changed.length === 0) return { kind: 'unchanged', record: stored, warnings };
  const moves = stored !== undefined && next.parentId !== null && next.parentId !== stored.parentId;
  return { kind: 'write', existing: stored, next, changedFields: changed, warnings, moves };
}

/** What a created customer's `changedFields` are told from: a record that holds nothing but the defaults. */
function describeBlank(
  { root, settings }: CustomerSnapshot,
  userId: number | null,
): { [K in keyof CustomerState]?: unknown } {
  return {
    isActive: true,
    categoryId: root?.id,
    isSubCustomer: false,
    billWithParent: false,
    createdById: userId,
    isSameAddress: true,
    currency: settings.currency,
    onHold: false,
    paymentTypeIds: [],
  };
}
