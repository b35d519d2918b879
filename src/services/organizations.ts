import type { OrganizationIdentity } from '../actor.ts';
import { outsideOrganizations } from '../db/organization.ts';
import type { Database } from '../db/schema.ts';

/** How long the list of organizations is believed, in milliseconds; an unknown name is looked for at once. */
const believedFor = 5_000;

/** Why no organization could be chosen for a call. */
export type OrganizationChoice =
  | { readonly kind: 'chosen'; readonly organization: OrganizationIdentity }
  | { readonly kind: 'none' }
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'unknown' };

/** Chooses the organization of a call: by name, or without one the only one there is. */
export type OrganizationDirectory = { choose(name: string | null): Promise<OrganizationChoice> };

/** Reads every organization's unchanging part, by name. */
export function listOrganizations(db: Database): Promise<OrganizationIdentity[]> {
  return outsideOrganizations(db)
    .selectFrom('organizations')
    .select(['id', 'name', 'folder'])
    .orderBy('name')
    .execute();
}

/** A directory that remembers the organizations for a few seconds. */
export function createOrganizationDirectory(db: Database, now: () => Date): OrganizationDirectory {
  let known: { readonly at: number; readonly list: Promise<OrganizationIdentity[]> } | undefined;

  const read = (maximumAge: number): Promise<OrganizationIdentity[]> => {
    const at = now().getTime();
    if (known && Math.abs(at - known.at) < maximumAge) return known.list;
    const list = listOrganizations(db);
    known = { at, list };
    list.catch(() => {
      known = undefined;
    });
    return list;
  };

  const pick = (list: readonly OrganizationIdentity[], name: string | null): OrganizationChoice => {
    const [only] = list;
    if (!only) return { kind: 'none' };
    if (name === null) return list.length === 1 ? { kind: 'chosen', organization: only } : { kind: 'unnamed' };
    const organization = list.find((each) => each.name === name);
    return organization ? { kind: 'chosen', organization } : { kind: 'unknown' };
  };

  return {
    async choose(name) {
      const choice = pick(await read(believedFor), name);
      return choice.kind === 'chosen' ? choice : pick(await read(100), name);
    },
  };
}
