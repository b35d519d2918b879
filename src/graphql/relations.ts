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

/** Records of one kind by id. */
export type Relation<Row> = {
  prime(rows: Iterable<Row>): void;
  /** Forgets what was known until now for what was read just now, by some readings, which are looked through only as it is asked for. */
  lookIn(readings: readonly Index<Row>[]): void;
  find(id: number): Row | undefined | Promise<Row | undefined>;
  require(id: number): Row | Promise<Row>;
};

type CreateRelation = <Row extends WithId>(read: (ids: readonly number[]) => Promise<readonly Row[]>) => Relation<Row>;

function missing(id: number): never {
  throw new Error(`The record ${id} that another one names was not found.`);
}

/** For one request: each record is read at most once, and what is known already is answered without waiting. */
class BatchedRelation<Row extends WithId> implements Relation<Row> {
  readonly #read: (ids: readonly number[]) => Promise<readonly Row[]>;
  /** Few requests need it for more than one kind. */
  #known: Map<number, Row> | undefined;
  #readings: readonly Index<Row>[] = [];
  #loader: DataLoader<number, Row | undefined> | undefined;

  constructor(read: (ids: readonly number[]) => Promise<readonly Row[]>) {
    this.#read = read;
  }

  prime(rows: Iterable<Row>): void {
    for (const row of rows) (this.#known ??= new Map<number, Row>()).set(row.id, row);
  }

  lookIn(readings: readonly Index<Row>[]): void {
    this.#known = undefined;
    this.#loader = undefined;
    this.#readings = readings;
  }

  find(id: number): Row | undefined | Promise<Row | undefined> {
    return this.#known?.get(id) ?? this.#lookUp(String(id)) ?? this.#load(id);
  }

  require(id: number): Row | Promise<Row> {
    const row = this.find(id);
    return row instanceof Promise ? row.then((found) => found ?? missing(id)) : (row ?? missing(id));
  }

  #lookUp(id: string): Row | undefined {
    for (const { byId } of this.#readings) {
      const row = byId.get(id);
      if (row) return row;
    }
    return undefined;
  }

  #load(id: number): Promise<Row | undefined> {
    this.#loader ??= new DataLoader(async (ids) => {
      this.prime(await this.#read(ids));
      return ids.map((each) => this.#known?.get(each));
    });
    return this.#loader.load(id);
  }
}

const createRequestRelation: CreateRelation = (read) => new BatchedRelation(read);

/** For many who last: what they ask for at the same moment is read together, and read again the next time. */
export function createSharedRelation<Row extends WithId>(
  read: (ids: readonly number[]) => Promise<readonly Row[]>,
): Relation<Row> {
  const loader = new DataLoader<number, Row | undefined>(
    async (ids) => {
      const rows = new Map((await read([...new Set(ids)])).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id));
    },
    { cache: false },
  );
  return {
    prime: () => undefined,
    lookIn: () => undefined,
    find: (id) => loader.load(id),
    require: async (id) => (await loader.load(id)) ?? missing(id),
  };
}

/** The relations of one organization, of one request or of many. */
export type Relations = {
  readonly customers: Relation<Customer>;
  readonly categories: Relation<CustomerCategory>;
  readonly segmentations: Relation<CustomerSegmentation>;
  readonly users: Relation<User>;
  readonly paymentTypes: Relation<PaymentType>;
  readonly regions: Relation<Region>;
};

/** Relations that read through the services, batched. */
export function createRelations(
  services: Services,
  actor: Actor,
  create: CreateRelation = createRequestRelation,
): Relations {
  const keys = (ids: readonly number[]) => ids.map((id) => ({ id: String(id) }));
  return {
    customers: create((ids) => services.findCustomers(actor, keys(ids))),
    categories: create((ids) => services.findCustomerCategories(actor, keys(ids))),
    segmentations: create((ids) => services.findCustomerSegmentations(actor, keys(ids))),
    users: create((ids) => services.findUsers(actor, keys(ids))),
    paymentTypes: create((ids) => services.findPaymentTypes(actor, keys(ids))),
    regions: create((ids) => services.findRegions(actor, ids.map(String))),
  };
}
