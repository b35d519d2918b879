import type { StoredImage } from '../contract/images.ts';

/** What every upserted record carries beside its own state. `version` grows by one with every real change. */
export type Stored = {
  readonly id: number;
  readonly version: number;
  readonly dateCreated: Date;
  readonly lastUpdated: Date;
};

export type User = { readonly id: number; readonly reference: string; readonly name: string };
export type PaymentType = { readonly id: number; readonly reference: string; readonly name: string };
export type CustomerSegmentation = { readonly id: number; readonly reference: string; readonly name: string };

/** `level` counts from 1 at the top of the tree. */
export type Region = {
  readonly id: number;
  readonly name: string;
  readonly level: number;
  readonly parentId: number | null;
};

/** What an organization may reconfigure at any time; read together with every upsert, never cached. */
export type OrganizationSettings = {
  readonly currency: string;
  readonly currencies: readonly string[];
  readonly geographicalLocations: boolean;
  readonly regionLevel: number;
};

export type CustomerCategoryState = {
  readonly reference: string;
  readonly name: string;
  readonly isRoot: boolean;
  readonly parentId: number | null;
  readonly description: string | null;
  readonly image: StoredImage | null;
};

export type CustomerCategory = CustomerCategoryState & Stored;

export type DueDateType = 'daysAfterInvoiceDate' | 'daysAfterEndOfInvoiceMonth';

/** Relations are ids; `paymentTypeIds` is ascending. Countries are ISO alpha-2, the currency is an ISO code. */
export type CustomerState = {
  readonly reference: string;
  readonly name: string;
  readonly barcode: string | null;
  readonly isActive: boolean;
  readonly categoryId: number;
  readonly isSubCustomer: boolean;
  readonly parentId: number | null;
  readonly billWithParent: boolean;
  readonly segmentationId: number | null;
  readonly createdById: number | null;
  readonly isSameAddress: boolean;
  readonly billingCountry: string | null;
  readonly billingCity: string | null;
  readonly billingPostalCode: string | null;
  readonly billingAddress: string | null;
  readonly billingLat: number | null;
  readonly billingLng: number | null;
  readonly country: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  readonly address: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly mobile: string | null;
  readonly fax: string | null;
  readonly comment: string | null;
  readonly website: string | null;
  readonly creditLimit: number | null;
  readonly dueDateConfigNumber: number | null;
  readonly dueDateConfigType: DueDateType | null;
  readonly taxNumber: string | null;
  readonly companyRegistrationNumber: string | null;
  readonly currency: string;
  readonly logo: StoredImage | null;
  readonly paymentTypeIds: readonly number[];
  readonly regionId: number | null;
  readonly onHold: boolean;
  readonly onHoldReason: string | null;
};

export type Customer = CustomerState & Stored;
