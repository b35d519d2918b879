import type { OrganizationIdentity } from '../actor.ts';
import { texts } from '../contract/errors.ts';
import type { OrganizationDirectory } from '../services/organizations.ts';
import { AccessError } from './errors.ts';

const header = 'X-Organization';

/** What a call says of the organization that it is for. */
export function readOrganizationName(headers: Headers): string | null {
  return headers.get(header);
}

/** The organization of that name, or without one the only one there is. Throws an AccessError where there is none such. */
export async function chooseOrganization(
  organizations: OrganizationDirectory,
  name: string | null,
): Promise<OrganizationIdentity> {
  const choice = await organizations.choose(name);
  switch (choice.kind) {
    case 'chosen':
      return choice.organization;
    case 'unnamed':
      throw new AccessError('missing_param', texts.missing(header));
    case 'unknown':
      throw new AccessError('not_found', texts.notFound('organization', name ?? ''));
    case 'none':
      throw new AccessError('service_unavailable', texts.noOrganization);
  }
}

/** The one name that a call is for, of those that its credential allows. Throws an AccessError for any other. */
export function chooseAllowedName(allowed: readonly string[], named: string | null): string {
  const [first, ...others] = allowed;
  if (first === undefined) throw new AccessError('forbidden', texts.noOrganizationClaimed);
  if (named === null) {
    if (others.length > 0) throw new AccessError('missing_param', texts.missing(header));
    return first;
  }
  if (!allowed.includes(named)) throw new AccessError('forbidden', texts.otherOrganization);
  return named;
}
