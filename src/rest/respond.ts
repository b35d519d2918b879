import type { CategoryAnswer, CustomerAnswer, LinkedAnswer } from './answers.ts';

/** The address of a record in the version of the request (ruling 1). */
export function hrefOf(version: string, collection: string, id: string): string {
  return `/api/${version}/${collection}/${id}`;
}

function linkTo(version: string, collection: string, { id, reference, name }: LinkedAnswer) {
  return { id: Number(id), ...(reference !== undefined && { reference }), name, href: hrefOf(version, collection, id) };
}

const dueDateConfigTypes = {
  DAYS_AFTER_INVOICE_DATE: 'daysAfterInvoiceDate',
  DAYS_AFTER_END_OF_INVOICE_MONTH: 'daysAfterEndOfInvoiceMonth',
} as const;

/** The contract's customer: every key of the page's example, in its order (ruling 42). */
export function renderCustomer(customer: CustomerAnswer, version: string): object {
  const link = (collection: string, row: LinkedAnswer | null) => row && linkTo(version, collection, row);
  const { createdBy, customerCategory, customerSegmentation, dueDateConfigType } = customer;
  return {
    id: Number(customer.id),
    reference: customer.reference,
    reference2: null,
    name: customer.name,
    categoryReference: customerCategory.reference,
    customerCategory: link('customerCategories', customerCategory),
    isSubCustomer: customer.isSubCustomer,
    parentCustomer: link('customers', customer.parentCustomer),
    billWithParent: customer.billWithParent,
    customerSegmentationReference: customerSegmentation?.reference ?? null,
    customerSegmentation: link('customerSegmentations', customerSegmentation),
    pocTenus: null,
    email: customer.email,
    logo: customer.logo?.original ?? null,
    phone: customer.phone,
    mobile: customer.mobile,
    fax: customer.fax,
    comment: customer.comment,
    barcode: customer.barcode,
    isSameAddress: customer.isSameAddress,
    billingCountry: customer.billingCountry,
    billingCity: customer.billingCity,
    billingPostalCode: customer.billingPostalCode,
    billingAddress: customer.billingAddress,
    billingLat: customer.billingLat,
    billingLng: customer.billingLng,
    country: customer.country,
    city: customer.city,
    postalCode: customer.postalCode,
    address: customer.address,
    latitude: customer.latitude,
    longitude: customer.longitude,
    isCredit: null,
    creditLimit: customer.creditLimit,
    balance: null,
    maxChequePeriod: null,
    maxChequeValue: null,
    appliedCashBackOutput: null,
    returnDiscount: null,
    invoicesPerRoute: null,
    isActive: customer.isActive,
    onHold: customer.onHold,
    onHoldReason: customer.onHoldReason,
    paymentTerm: null,
    createdBy: createdBy && {
      userId: Number(createdBy.id),
      reference: createdBy.reference,
      href: hrefOf(version, 'users', createdBy.id),
    },
    dueDateConfigNumber: customer.dueDateConfigNumber,
    dueDateConfigType: dueDateConfigType && dueDateConfigTypes[dueDateConfigType],
    paymentTypes: customer.paymentTypes.map((paymentType) => link('paymentTypes', paymentType)),
    website: customer.website,
    taxNumber: customer.taxNumber,
    companyRegistrationNumber: customer.companyRegistrationNumber,
    contacts: [],
    currency: customer.currency,
    customerRisk: null,
    customerRiskColor: null,
    organization: customer.organization.name,
    dateCreated: customer.dateCreated,
    lastUpdated: customer.lastUpdated,
    region: link('regions', customer.region),
  };
}

/** The contract's customer category, likewise. */
export function renderCategory(category: CategoryAnswer, version: string): object {
  const { parent } = category;
  return {
    id: Number(category.id),
    name: category.name,
    isRoot: category.isRoot,
    parentId: parent && Number(parent.id),
    parentCategory: parent && linkTo(version, 'customerCategories', parent),
    reference: category.reference,
    description: category.description,
    image: category.image?.original ?? null,
    organization: category.organization.name,
    dateCreated: category.dateCreated,
    lastUpdated: category.lastUpdated,
  };
}

/** The small body of a record that is only ever linked to. */
export function renderLinked(row: LinkedAnswer, version: string, collection: string): object {
  return linkTo(version, collection, row);
}
