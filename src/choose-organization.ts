import type { OrganizationIdentity } from './actor.ts';

/** The organization a command names: by name, else by id; without a choice the only one there is. Throws where that is none. */
export function chooseOrganization(
  all: readonly OrganizationIdentity[],
  choice: string | undefined,
): OrganizationIdentity {
  const [only] = all;
  if (!only) throw new Error('There is no organization yet: customer-gateway provision FILE creates one.');
  const chosen =
    choice === undefined
      ? all.length === 1 && only
      : (all.find(({ name }) => name === choice) ?? all.find(({ id }) => String(id) === choice));
  if (chosen) return chosen;
  const names = all.map(({ name }) => JSON.stringify(name)).join(', ');
  throw new Error(
    choice === undefined
      ? `There are several organizations, so say --organization: ${names}.`
      : `There is no organization ${JSON.stringify(choice)}; there are ${names}.`,
  );
}
