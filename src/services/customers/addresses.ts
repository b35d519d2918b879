import { createWarning } from '../../contract/warnings.ts';
import type { Customer, CustomerState } from '../records.ts';
import { keep, keepOptional } from '../upsert/judging.ts';
import type { Findings } from '../upsert/relations.ts';
import type { UpsertCustomerInput } from './input.ts';

type AddressState = Pick<
  CustomerState,
  | 'isSameAddress'
  | 'billingCountry'
  | 'billingCity'
  | 'billingPostalCode'
  | 'billingAddress'
  | 'billingLat'
  | 'billingLng'
  | 'country'
  | 'city'
  | 'postalCode'
  | 'address'
  | 'latitude'
  | 'longitude'
>;

/**
 * Billing and shipping as they stand after the call. Where they are the same, billing decides, and a shipping value sent
 * alone is taken by both; two different ones leave a warning (ruling 32, applied to each part of the address).
 */
export function mergeAddresses(
  input: UpsertCustomerInput,
  stored: Customer | undefined,
  { warnings }: Findings,
): AddressState {
  const isSameAddress = keep(input.isSameAddress, stored?.isSameAddress, true);
  const same = <T>(
    billing: T | null | undefined,
    shipping: T | null | undefined,
    before: T | null | undefined,
    field: string,
  ) => {
    if (billing !== undefined && shipping !== undefined && billing !== shipping) {
      warnings.push(createWarning('shipping_ignored', field));
    }
    return keepOptional(billing === undefined ? shipping : billing, before);
  };
  if (isSameAddress) {
    const country = same(input.billingCountry, input.country, stored?.billingCountry, 'country');
    const city = same(input.billingCity, input.city, stored?.billingCity, 'city');
    const postalCode = same(input.billingPostalCode, input.postalCode, stored?.billingPostalCode, 'postalCode');
    const address = same(input.billingAddress, input.address, stored?.billingAddress, 'address');
    const latitude = same(input.billingLat, input.latitude, stored?.billingLat, 'latitude');
    const longitude = same(input.billingLng, input.longitude, stored?.billingLng, 'longitude');
    return {
      isSameAddress,
      billingCountry: country,
      billingCity: city,
      billingPostalCode: postalCode,
      billingAddress: address,
      billingLat: latitude,
      billingLng: longitude,
      country,
      city,
      postalCode,
      address,
      latitude,
      longitude,
    };
  }
  return {
    isSameAddress,
    billingCountry: keepOptional(input.billingCountry, stored?.billingCountry),
    billingCity: keepOptional(input.billingCity, stored?.billingCity),
    billingPostalCode: keepOptional(input.billingPostalCode, stored?.billingPostalCode),
    billingAddress: keepOptional(input.billingAddress, stored?.billingAddress),
    billingLat: keepOptional(input.billingLat, stored?.billingLat),
    billingLng: keepOptional(input.billingLng, stored?.billingLng),
    country: keepOptional(input.country, stored?.country),
    city: keepOptional(input.city, stored?.city),
    postalCode: keepOptional(input.postalCode, stored?.postalCode),
    address: keepOptional(input.address, stored?.address),
    latitude: keepOptional(input.latitude, stored?.latitude),
    longitude: keepOptional(input.longitude, stored?.longitude),
  };
}
