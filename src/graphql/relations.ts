import DataLoader from 'dataloader';
import type { Actor } from '../actor.ts';
import type {
  Customer,
  CustomerCategory,
  CustomerSegmentation,
  PaymentType,
  Region,
  User,
} from '../services/records.ts';
import type { Services } from '../services/services.ts';

type WithId = { readonly id: number };

/** Records of one kind by id, each read at most once a request; what is known already is answered without waiting. */
export type Relation<Row> = {
  prime(rows: Iterable<Row>): void;
  find(id: number): Row | undefined | Promise<Row | undefined>;
  require(id: number): Row | Promise<Row>;
  /** Lets everything be read again. */
  forget(): void;
};

function createRelation<Row extends WithId>(read: (ids: readonly number[]) => Promise<readonly Row[]>): Relation<Row> {
  const known = new Map<number, Row>();
  const prime = (rows: Iterable<Row>) => {
    for (const row of rows) known.set(row.id, row);
  };
  const loader = new DataLoader<number, Row | undefined>(async (ids) => {
    prime(await read(ids));
    return ids.map((id) => known.get(id));
  });
  const missing = (id: number): never => {
    throw new Error(`The record ${id} that another one names was not found.`);
  };
  const find = (id: number) => known.get(id) ?? loader.load(id);
  return {
    prime,
    find,
    require: (id) => {
      const row = find(id);
      return row instanceof Promise ? row.then((found) => found ?? missing(id)) : row;
    },
    forget: () => {
      known.clear();
      loader.clearAll();
    },
  };
}

/** The relations of one request, of one organization. */
export type Relations = {
  readonly customers: Relation<Customer>;
  readonly categories: Relation<CustomerCategory>;
  readonly segmentations: Relation<CustomerSegmentation>;
  readonly users: Relation<User>;
  readonly paymentTypes: Relation<PaymentType>;
  readonly regions: Relation<Region>;
};

/** Relations that read through the services, batched. */
export function createRelations(services: Services, actor: Actor): Relations {
  const keys = (ids: readonly number[]) => ids.map((id) => ({ id: String(id) }));
  return {
    customers: createRelation((ids) => services.findCustomers(actor, keys(ids))),
    categories: createRelation((ids) => services.findCustomerCategories(actor, keys(ids))),
    segmentations: createRelation((ids) => services.findCustomerSegmentations(actor, keys(ids))),
    users: createRelation((ids) => services.findUsers(actor, keys(ids))),
    paymentTypes: createRelation((ids) => services.findPaymentTypes(actor, keys(ids))),
    regions: createRelation((ids) => services.findRegions(actor, ids.map(String))),
  };
}
