import type { UploadedFile } from '../../contract/images.ts';
import type { DueDateType } from '../records.ts';
import type { RecordKey, UpsertInput } from '../upsert/types.ts';

type Maybe<T> = T | null | undefined;

/** What `upsertCustomers` takes for one customer, beside its reference. */
export type UpsertCustomerInput = UpsertInput & {
  readonly name?: Maybe<string>;
  readonly barcode?: Maybe<string>;
  readonly isActive?: Maybe<boolean>;
  readonly customerCategory?: Maybe<RecordKey>;
  readonly isSubCustomer?: Maybe<boolean>;
  readonly parentCustomer?: Maybe<RecordKey>;
  readonly billWithParent?: Maybe<boolean>;
  readonly customerSegmentation?: Maybe<RecordKey>;
  readonly createdBy?: Maybe<RecordKey>;
  readonly isSameAddress?: Maybe<boolean>;
  readonly billingCountry?: Maybe<string>;
  readonly billingCity?: Maybe<string>;
  readonly billingPostalCode?: Maybe<string>;
  readonly billingAddress?: Maybe<string>;
  readonly billingLat?: Maybe<number>;
  readonly billingLng?: Maybe<number>;
  readonly country?: Maybe<string>;
  readonly city?: Maybe<string>;
  readonly postalCode?: Maybe<string>;
  readonly address?: Maybe<string>;
  readonly latitude?: Maybe<number>;
  readonly longitude?: Maybe<number>;
  readonly email?: Maybe<string>;
  readonly phone?: Maybe<string>;
  readonly mobile?: Maybe<string>;
  readonly fax?: Maybe<string>;
  readonly comment?: Maybe<string>;
  readonly website?: Maybe<string>;
  readonly creditLimit?: Maybe<number>;
  readonly dueDateConfigNumber?: Maybe<number>;
  readonly dueDateConfigType?: Maybe<DueDateType>;
  readonly taxNumber?: Maybe<string>;
  readonly companyRegistrationNumber?: Maybe<string>;
  readonly currency?: Maybe<string>;
  readonly logo?: Maybe<UploadedFile>;
  readonly paymentTypes?: Maybe<readonly RecordKey[]>;
  readonly regionId?: Maybe<RecordKey>;
  readonly onHold?: Maybe<boolean>;
  readonly onHoldReason?: Maybe<string>;
};
