/** The part of an organization that never changes once it exists. */
export type OrganizationIdentity = { readonly id: number; readonly name: string; readonly folder: string };

/** Who calls: every query of a service is bound to `organization`. */
export type Actor = { readonly organization: OrganizationIdentity; readonly userId: number | null };
