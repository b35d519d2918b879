import DataLoader from 'dataloader';
import type { Actor } from '../actor.ts';
import type { CustomerCategory } from '../services/records.ts';
import { ListRequestError } from '../services/listing/errors.ts';
import type { ListQuery, Owners } from '../services/listing/definition.ts';
import type { Listing, Page, RelatedRows } from '../services/listing/listing.ts';
import type { CustomerRelated } from '../services/listing/customers.ts';
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
    /** The names of the fields that are asked of the records. */
    readonly fields: readonly string[];
  },
  owner?: Owner<By>,
) => Connection<Row>;

type Key<Filter, By extends string> = { readonly query: ListQuery<Filter>; readonly owner: Owner<By> };
type Read<Filter, By extends string, Answer> = (
  query: ListQuery<Filter>,
  owners: Owners<By>,
) => Promise<readonly Answer[]>;

/** Most requests open no list. */
function lazily<T>(create: () => T): () => T {
  let created: T | undefined;
  return () => (created ??= create());
}

/** A list that is not given is a client's error. */
function refuse(error: unknown): never {
  throw error instanceof ListRequestError ? createInputError(error.message) : error;
}

/** Reads the same list of many owners at once. Nothing is remembered: what follows a mutation must see it. */
function createLoader<Filter, By extends string, Answer>(read: Read<Filter, By, Answer>) {
  return lazily(
    () =>
      new DataLoader<Key<Filter, By>, Answer>(
        async (keys) => {
          const groups = new Map<
            string,
            { key: Key<Filter, By>; ids: number[]; answers: Promise<readonly Answer[]> | undefined }
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

/** `prime` is told of the records that rows name. Without it they are not read along. */
function createLists<Row, Related, Filter extends object, Field extends string, By extends string>(
  listing: Listing<Row, Related, Filter, Field, By>,
  actor: Actor,
  noFilter: Filter,
  prime: ((related: RelatedRows<Related>) => void) | undefined,
): Lists<Row, Filter, Field, By> {
  const readPages = async (query: ListQuery<Filter>, owners?: Owners<By>) => {
    const { pages, related } = await listing.readPages(actor, query, owners);
    prime?.(related);
    return pages;
  };
  const pages = createLoader<Filter, By, Page<Row>>(readPages);
  const counts = createLoader<Filter, By, number>((query, owners) => listing.count(actor, query, owners));

  const prepare: typeof listing.prepare = (...request) => {
    try {
      return listing.prepare(...request);
    } catch (error) {
      return refuse(error);
    }
  };

  return ({ filter, orderBy, fields, ...args }, owner) => {
    const query = prepare(args, filter ?? noFilter, orderBy ?? [], { fields, withRelations: prime !== undefined });
    const readPage = async () => (owner ? pages().load({ query, owner }) : only(await readPages(query)));
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

function primeCustomers(relations: Relations, related: RelatedRows<CustomerRelated>): void {
  relations.categories.prime(related.customerCategory ?? []);
  relations.customers.prime(related.parentCustomer ?? []);
  relations.segmentations.prime(related.customerSegmentation ?? []);
  relations.users.prime(related.createdBy ?? []);
  relations.paymentTypes.prime(related.paymentTypes ?? []);
  relations.regions.prime(related.region ?? []);
}

/** The lists of one organization. With `relations` those of one request: they are told of all that the lists name. */
export function createAllLists(services: Services, actor: Actor, relations?: Relations) {
  const ancestors = lazily(
    () =>
      new DataLoader<number, readonly CustomerCategory[]>(
        (ids) => services.listCategoryAncestors(actor, [...ids]).catch(refuse),
        {
          cache: false,
        },
      ),
  );
  const customers = lazily(() =>
    createLists(services.customers, actor, {}, relations && ((related) => primeCustomers(relations, related))),
  );
  const categories = lazily(() =>
    createLists(
      services.customerCategories,
      actor,
      {},
      relations && (({ parent }) => relations.categories.prime(parent ?? [])),
    ),
  );
  return {
    customers: (...request: Parameters<ReturnType<typeof customers>>) => customers()(...request),
    categories: (...request: Parameters<ReturnType<typeof categories>>) => categories()(...request),
    /** The categories above the one of that id, from the root down. */
    ancestors: (id: number) => ancestors().load(id),
  };
}

export type AllLists = ReturnType<typeof createAllLists>;
