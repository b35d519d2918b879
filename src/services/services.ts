import type { Actor } from '../actor.ts';
import { texts } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { type JobQueue, createJobQueue } from '../job-queue.ts';
import type { UpsertCustomerCategoryInput } from './customer-categories/input.ts';
import { type CategoryKind, type CategoryResult, categoryModel } from './customer-categories/upsert.ts';
import type { UpsertCustomerInput } from './customers/input.ts';
import { type CustomerKind, type CustomerResult, customerModel } from './customers/upsert.ts';
import { createLocalSignal } from '../db/change-signal.ts';
import { outsideOrganizations } from '../db/organization.ts';
import type { FeedPosition } from './changes/change.ts';
import { type FollowChanges, createFollowChanges } from './changes/follow.ts';
import { type ChangePage, readChanges } from './changes/read.ts';
import type { UpsertDeps } from './deps.ts';
import { CallerGoneError, ServiceUnavailableError } from './errors.ts';
import { listCategoryAncestors } from './listing/ancestors.ts';
import { type CategoryListing, createCategoryListing } from './listing/customer-categories.ts';
import { type CustomerListing, createCustomerListing } from './listing/customers.ts';
import { type ApiKeyDirectory, createApiKeyDirectory } from './api-key-directory.ts';
import { type OrganizationDirectory, createOrganizationDirectory } from './organizations.ts';
import { type UserDirectory, createUserDirectory } from './user-directory.ts';
import * as reading from './reading.ts';
import type { CustomerCategory } from './records.ts';
import { type BulkAnswer, type BulkRules, upsertBulk } from './upsert/bulk.ts';
import { UpsertCombiner } from './upsert/combiner.ts';
import type { HasLeft } from './upsert/entry.ts';
import { UpsertEngine } from './upsert/engine.ts';
import type { Kind, ResultOf, UpsertModel } from './upsert/model.ts';
import type { UpsertItem, UpsertOptions } from './upsert/types.ts';

type Bound<F> = F extends (deps: never, ...rest: infer Rest) => infer Answer ? (...rest: Rest) => Answer : never;

/** What the edges can ask for. Everything but the directories is bound to the actor's organization. */
export type Services = {
  readonly organizations: OrganizationDirectory;
  readonly apiKeys: ApiKeyDirectory;
  readonly users: UserDirectory;
  readonly upsertCustomer: (
    actor: Actor,
    item: UpsertItem<UpsertCustomerInput>,
    options?: CallOptions,
  ) => Promise<CustomerResult>;
  readonly upsertCustomerCategory: (
    actor: Actor,
    item: UpsertItem<UpsertCustomerCategoryInput>,
    options?: CallOptions,
  ) => Promise<CategoryResult>;
  readonly upsertCustomers: BulkUpsert<CustomerKind>;
  readonly upsertCustomerCategories: BulkUpsert<CategoryKind>;
  readonly customers: CustomerListing;
  readonly customerCategories: CategoryListing;
  /** For each id the categories above it, from the root down. */
  readonly listCategoryAncestors: (
    actor: Actor,
    ids: readonly number[],
  ) => Promise<readonly (readonly CustomerCategory[])[]>;
  readonly readChanges: (
    actor: Actor,
    page: { readonly after: FeedPosition; readonly first: number },
  ) => Promise<ChangePage>;
  readonly followChanges: FollowChanges;
} & { readonly [Name in keyof typeof reading]: Bound<(typeof reading)[Name]> };

/** How a single upsert is done; nothing is written for who `hasLeft` before its turn. */
type CallOptions = UpsertOptions & { readonly hasLeft?: HasLeft };

/** Upserts many records as one step: see `upsertBulk`. Throws a ServiceUnavailableError where too many such calls wait already. */
type BulkUpsert<K extends Kind> = (
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
  options: CallOptions & BulkRules,
) => Promise<BulkAnswer<ResultOf<K>>>;

/** Upserts of one kind, one call at a time, written together with those of other callers. */
function createUpsert<K extends Kind>(
  model: UpsertModel<K>,
  deps: UpsertDeps,
): (actor: Actor, item: UpsertItem<K['input']>, options?: CallOptions) => Promise<ResultOf<K>> {
  const combiner = new UpsertCombiner(new UpsertEngine(model, deps), { watching: deps });
  const trying = new UpsertEngine(model, deps, { validateOnly: true });
  const trials = new UpsertCombiner(trying, { limits: limits.upserts.tried });
  deps.monitor?.watchQueue(model.table, () => combiner.load());
  return (actor, item, { validateOnly = false, hasLeft } = {}) =>
    (validateOnly ? trials : combiner).upsert(actor, item, hasLeft);
}

function createBulkUpsert<K extends Kind>(model: UpsertModel<K>, deps: UpsertDeps, queue: JobQueue): BulkUpsert<K> {
  const keeping = new UpsertEngine(model, deps);
  const trying = new UpsertEngine(model, deps, { validateOnly: true });
  return (actor, items, { validateOnly = false, hasLeft, ...rules }) =>
    queue.run(() => {
      if (hasLeft?.()) throw new CallerGoneError();
      return upsertBulk(validateOnly ? trying : keeping, actor, items, rules);
    });
}

/** The services over one database, blob store and renderer. */
export function createServices(world: UpsertDeps): Services {
  const { signal = createLocalSignal() } = world;
  const deps = { ...world, db: outsideOrganizations(world.db), signal };
  const refuse = () => new ServiceUnavailableError(texts.tooManyCalls);
  const { atOnce: maxConcurrent, waiting: maxQueued } = limits.upserts.bulk;
  const bulkQueue = createJobQueue({ maxConcurrent, maxQueued, refuse });
  deps.monitor?.watchQueue('bulk', bulkQueue.load);
  deps.monitor?.watchQueue('images', deps.images.load);
  return {
    organizations: createOrganizationDirectory(deps.db, deps.now),
    apiKeys: createApiKeyDirectory(deps.db, deps.now),
    users: createUserDirectory(deps.db, deps.now),
    upsertCustomer: createUpsert(customerModel, deps),
    upsertCustomerCategory: createUpsert(categoryModel, deps),
    upsertCustomers: createBulkUpsert(customerModel, deps, bulkQueue),
    upsertCustomerCategories: createBulkUpsert(categoryModel, deps, bulkQueue),
    readChanges: (actor, page) => readChanges(deps, actor, page),
    followChanges: createFollowChanges(deps),
    findCustomers: (actor, keys) => reading.findCustomers(deps, actor, keys),
    findCustomerCategories: (actor, keys) => reading.findCustomerCategories(deps, actor, keys),
    readSettings: (actor) => reading.readSettings(deps, actor),
    listUsers: (actor) => reading.listUsers(deps, actor),
    listPaymentTypes: (actor) => reading.listPaymentTypes(deps, actor),
    listCustomerSegmentations: (actor) => reading.listCustomerSegmentations(deps, actor),
    listRegions: (actor) => reading.listRegions(deps, actor),
    findUsers: (actor, keys) => reading.findUsers(deps, actor, keys),
    findPaymentTypes: (actor, keys) => reading.findPaymentTypes(deps, actor, keys),
    findCustomerSegmentations: (actor, keys) => reading.findCustomerSegmentations(deps, actor, keys),
    findRegions: (actor, ids) => reading.findRegions(deps, actor, ids),
    customers: createCustomerListing(deps),
    customerCategories: createCategoryListing(deps),
    listCategoryAncestors: (actor, ids) => listCategoryAncestors(deps, actor, ids),
  };
}
