import type { Migration } from 'kysely';
import * as customers from './0001-customers.ts';
import * as changes from './0002-changes.ts';
import * as listing from './0003-listing.ts';
import * as feedEras from './0004-feed-eras.ts';
import * as apiKeys from './0005-api-keys.ts';
import * as imageSweeps from './0006-image-sweeps.ts';
import * as rowLevelSecurity from './0007-row-level-security.ts';
import * as keptImages from './0008-kept-images.ts';
import * as customersPaymentTypes from './0009-customers-payment-types.ts';
import * as valueDomains from './0010-value-domains.ts';
import * as nestedLists from './0011-nested-lists.ts';

/** Every migration, in order. A released one never changes; a new one goes at the end. */
export const migrations: Record<string, Migration> = {
  '0001-customers': customers,
  '0002-changes': changes,
  '0003-listing': listing,
  '0004-feed-eras': feedEras,
  '0005-api-keys': apiKeys,
  '0006-image-sweeps': imageSweeps,
  '0007-row-level-security': rowLevelSecurity,
  '0008-kept-images': keptImages,
  '0009-customers-payment-types': customersPaymentTypes,
  '0010-value-domains': valueDomains,
  '0011-nested-lists': nestedLists,
};
