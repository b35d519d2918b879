/** What `documents.ts` selects, when one record is read. */
export type ReadAnswer<Row> = { readonly record: Row | null };

/** What `documents.ts` selects of an upsert: a success or a failure. */
export type UpsertAnswer<Row> = {
  readonly result:
    | { readonly record: Row; readonly outcome: string; readonly warnings: readonly { readonly code: string }[] }
    | { readonly errors: readonly { readonly code: string; readonly message: string }[] };
};

/** A record that is only ever linked to; a region has no reference. */
export type LinkedAnswer = {
  readonly id: string;
  readonly reference?: string;
  readonly name: string;
  readonly version?: never;
};

type Linked = { readonly id: string; readonly reference: string; readonly name: string };

/** A customer as `documents.ts` selects it. */
export type CustomerAnswer = Linked & {
  readonly customerCategory: Linked;
  readonly isSubCustomer: boolean;
  readonly parentCustomer: Linked | null;
  readonly billWithParent: boolean;
  readonly customerSegmentation: Linked | null;
  readonly email: string | null;
  readonly logo: { readonly original: string } | null;
  readonly phone: string | null;
  readonly mobile: string | null;
  readonly fax: string | null;
  readonly comment: string | null;
  readonly barcode: string | null;
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
  readonly creditLimit: number | null;
  readonly isActive: boolean;
  readonly onHold: boolean;
  readonly onHoldReason: string | null;
  readonly createdBy: { readonly id: string; readonly reference: string } | null;
  readonly dueDateConfigNumber: number | null;
  readonly dueDateConfigType: 'DAYS_AFTER_INVOICE_DATE' | 'DAYS_AFTER_END_OF_INVOICE_MONTH' | null;
  readonly paymentTypes: readonly Linked[];
  readonly website: string | null;
  readonly taxNumber: string | null;
  readonly companyRegistrationNumber: string | null;
  readonly currency: string;
  readonly organization: { readonly name: string };
  readonly version: number;
  readonly dateCreated: string;
  readonly lastUpdated: string;
  readonly region: { readonly id: string; readonly name: string } | null;
};

/** A category as `documents.ts` selects it. */
export type CategoryAnswer = Linked & {
  readonly isRoot: boolean;
  readonly parent: Linked | null;
  readonly description: string | null;
  readonly image: { readonly original: string } | null;
  readonly organization: { readonly name: string };
  readonly version: number;
  readonly dateCreated: string;
  readonly lastUpdated: string;
};
