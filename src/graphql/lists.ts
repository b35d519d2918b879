import DataLoader from 'dataloader';
import type { Actor } from '../actor.ts';
import type { CustomerCategory } from '../services/records.ts';
import { ListRequestError } from '../services/listing/errors.ts';
import type { ListQuery, Listing, Owners, Page } from '../services/listing/listing.ts';
import type { OrderBy } from '../services/listing/order.ts';
import type { PageArguments } from '../services/listing/page.ts';
import type { Services } from '../services/services.ts';
import { createInputError } from './errors.ts';
import type { Relations } from './relations.ts';

/** A list whose page is read once something of it is selected, and counted once its count is. */
export type Connection<Row> = { readonly page: () => Promise<Page<Row>>; readonly count: () => Promise<number> };

type Owner<By extends string> = { readonly by: By; readonly id: number };

/** Opens lists of one kind: of all records, or of those that one record owns. Wrong arguments are a client's error. */
export type Lists<Row, Filter, Field extends string, By extends string> = (
  args: PageArguments & {
    readonly filter: Filter | null;
    readonly orderBy?: readonly OrderBy<Field>[] | null | undefined;
  },
  owner?: Owner<By>,
) => Connection<Row>;

type Key<Filter, By extends string> = { readonly query: ListQuery<Filter>; readonly owner: Owner<By> };
type Read<Filter, By extends string, Answer> = (query: ListQuery<Filter>, owners: Owners<By>) => Promise<Answer[]>;

/** Most requests open no list. */
function lazily<T>(create: () => T): () => T {
  let created: T | undefined;
  return () => (created ??= create());
}

/** Reads the same list of many owners at once. Nothing is remembered: what follows a mutation must see it. */
function createLoader<Filter, By extends string, Answer>(read: Read<Filter, By, Answer>) {
  return lazily(
    () =>
      new DataLoader<Key<Filter, By>, Answer>(
        async (keys) => {
          const groups = new Map<
            string,
            { key: Key<Filter, By>; ids: number[]; answers: Promise<Answer[]> | undefined }
          >();
          const places = keys.map((key) => {
            const name = JSON.stringify([key.owner.by, key.query]);
            const group = groups.get(name) ?? { key, ids: [], answers: undefined };
            groups.set(name, group);
            return { group, index: group.ids.push(key.owner.id) - 1 };
          });
          return Promise.all(
            places.map(async ({ group, index }) => {
              const { key, ids } = group;
              const answer = (await (group.answers ??= read(key.query, { by: key.owner.by, ids }))).at(index);
              return answer ?? new Error('A list was asked for and not answered.');
            }),
          );
        },
        { cache: false },
      ),
  );
}

function createLists<Row, Filter extends object, Field extends string, By extends string>(
  listing: Listing<Row, Filter, Field, By>,
  actor: Actor,
  noFilter: Filter,
  prime: (rows: readonly Row[]) => void,
): Lists<Row, Filter, Field, By> {
  const pages = createLoader<Filter, By, Page<Row>>((query, owners) => listing.readPages(actor, query, owners));
  const counts = createLoader<Filter, By, number>((query, owners) => listing.count(actor, query, owners));

  const prepare: typeof listing.prepare = (...request) => {
    try {
      return listing.prepare(...request);
    } catch (error) {
      throw error instanceof ListRequestError ? createInputError(error.message) : error;
    }
  };

  return ({ filter, orderBy, ...args }, owner) => {
    const query = prepare(args, filter ?? noFilter, orderBy ?? []);
    const readPage = async () => {
      const page = owner ? await pages().load({ query, owner }) : only(await listing.readPages(actor, query));
      prime(page.edges.map(({ node }) => node));
      return page;
    };
    let page: Promise<Page<Row>> | undefined;
    return {
      page: () => (page ??= readPage()),
      count: async () => (owner ? counts().load({ query, owner }) : only(await listing.count(actor, query))),
    };
  };
}

function only<T>(answers: readonly T[]): T {
  const [answer] = answers;
  if (answer === undefined) throw new Error('A list was asked for and not answered.');
  return answer;
}

/** The lists of one request, of one organization. */
export function createAllLists(services: Services, actor: Actor, { customers, categories }: Relations) {
  const ancestors = lazily(
    () =>
      new DataLoader<number, CustomerCategory[]>((ids) => services.listCategoryAncestors(actor, [...ids]), {
        cache: false,
      }),
  );
  return {
    customers: createLists(services.customers, actor, {}, (rows) => customers.prime(rows)),
    categories: createLists(services.customerCategories, actor, {}, (rows) => categories.prime(rows)),
    /** The categories above the one of that id, from the root down. */
    ancestors: (id: number) => ancestors().load(id),
  };
}

export type AllLists = ReturnType<typeof createAllLists>;
