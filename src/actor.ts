/** The part of an organization that never changes once it exists. */
export type OrganizationIdentity = { readonly id: number; readonly name: string; readonly folder: string };

/** Who calls: every query of a service is bound to `organization`. */
export type Actor = { readonly organization: OrganizationIdentity; readonly userId: number | null };

/** What a caller may be allowed: to read, to upsert, and everything there is. */
export const scopes = ['read', 'write', 'admin'] as const;

export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

/** An actor at one of the doors, with what it is allowed there. `principal` names who is behind the credential. */
export type Caller = Actor & { readonly principal: string; readonly scopes: readonly Scope[] };

/** Whether the caller is allowed what needs this scope. */
export function hasScope(caller: Pick<Caller, 'scopes'>, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin');
}
