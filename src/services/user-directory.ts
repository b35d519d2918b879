import type { OrganizationIdentity } from '../actor.ts';
import type { Database } from '../db/schema.ts';
import { ExpiringMap } from '../expiring-map.ts';
import { findUsers } from './reading.ts';

/** Finds users by reference, for calls that are made in their names. */
export type UserDirectory = {
  /** The id of the user, null where there is none. */
  readonly findId: (organization: OrganizationIdentity, reference: string) => Promise<number | null>;
};

/** How long a user is believed to be there, or not, in milliseconds. */
const believedFor = 5_000;
const capacity = 10_000;

/** A directory that remembers users for a few seconds. */
export function createUserDirectory(db: Database, now: () => Date): UserDirectory {
  const ids = new ExpiringMap<number | null>({ lifetime: believedFor, capacity, now });
  const read = async (organization: OrganizationIdentity, reference: string): Promise<number | null> => {
    const [user] = await findUsers({ db }, { organization, userId: null }, [{ reference }]);
    return user?.id ?? null;
  };
  return {
    async findId(organization, reference) {
      const name = JSON.stringify([organization.id, reference]);
      const remembered = ids.get(name);
      if (remembered !== undefined) return remembered;
      const id = await read(organization, reference);
      ids.set(name, id);
      return id;
    },
  };
}
