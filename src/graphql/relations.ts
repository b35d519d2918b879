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
import type { Index } from '../services/upsert/relations.ts';

type WithId = { readonly id: number };

/** Records of one kind by id, each read at most once a request; what is known already is answered without waiting. */
export type Relation<Row> = {
  prime(rows: Iterable<Row>): void;
  /** Forgets what was known until now for what was read just now, which is looked through only as it is asked for. */
  lookIn(rows: Index<Row>): void;
  find(id: number): Row | undefined | Promise<Row | undefined>;
  require(id: number): Row | Promise<Row>;
  /** Lets everything be read again. */
  forget(): void;
};

class BatchedRelation<Row extends WithId> implements Relation<Row> {
  readonly #read: (ids: readonly number[]) => Promise<readonly Row[]>;
  readonly #known = new Map<number, Row>();
  #index: Index<Row> | undefined;
  #loader: DataLoader<number, Row | undefined> | undefined;

  constructor(read: (ids: readonly number[]) => Promise<readonly Row[]>) {
    this.#read = read;
  }

  prime(rows: Iterable<Row>): void {
    for (const row of rows) this.#known.set(row.id, row);
  }

  lookIn(index: Index<Row>): void {
    this.forget();
    this.#index = index;
  }

  forget(): void {
    this.#known.clear();
    this.#index = undefined;
    this.#loader = undefined;
  }

  find(id: number): Row | undefined | Promise<Row | undefined> {
    return this.#known.get(id) ?? this.#index?.byId.get(String(id)) ?? this.#load(id);
  }

  require(id: number): Row | Promise<Row> {
    const row = this.find(id);
    const missing = (): never => {
      throw new Error(`The record ${id} that another one names was not found.`);
    };
    return row instanceof Promise ? row.then((found) => found ?? missing()) : (row ?? missing());
  }

  #load(id: number): Promise<Row | undefined> {
    this.#loader ??= new DataLoader(async (ids) => {
      this.prime(await this.#read(ids));
      return ids.map((each) => this.#known.get(each));
    });
    return this.#loader.load(id);
  }
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
    customers: new BatchedRelation((ids) => services.findCustomers(actor, keys(ids))),
    categories: new BatchedRelation((ids) => services.findCustomerCategories(actor, keys(ids))),
    segmentations: new BatchedRelation((ids) => services.findCustomerSegmentations(actor, keys(ids))),
    users: new BatchedRelation((ids) => services.findUsers(actor, keys(ids))),
    paymentTypes: new BatchedRelation((ids) => services.findPaymentTypes(actor, keys(ids))),
    regions: new BatchedRelation((ids) => services.findRegions(actor, ids.map(String))),
  };
}
