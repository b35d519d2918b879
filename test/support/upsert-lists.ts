import type { Actor } from '../../src/actor.ts';
import {
  type CategoryKind,
  type CategoryResult,
  categoryModel,
} from '../../src/services/customer-categories/upsert.ts';
import { type CustomerKind, type CustomerResult, customerModel } from '../../src/services/customers/upsert.ts';
import type { UpsertDeps } from '../../src/services/deps.ts';
import { UpsertEngine } from '../../src/services/upsert/engine.ts';
import { requireResult, settleList } from '../../src/services/upsert/list.ts';
import type { Kind, ResultOf } from '../../src/services/upsert/model.ts';
import type { UpsertItem, UpsertOptions } from '../../src/services/upsert/types.ts';

/** The results of a list; throws the first failure. */
export async function upsertList<K extends Kind>(
  engine: UpsertEngine<K>,
  actor: Actor,
  items: readonly UpsertItem<K['input']>[],
): Promise<readonly ResultOf<K>[]> {
  return (await settleList(engine, actor, items)).map(requireResult);
}

/** Upserts customers past the doors and the combiner. */
export function upsertCustomers(
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<CustomerKind['input']>[],
  options?: UpsertOptions,
): Promise<readonly CustomerResult[]> {
  return upsertList(new UpsertEngine(customerModel, deps, options), actor, items);
}

/** Upserts categories, likewise. */
export function upsertCustomerCategories(
  deps: UpsertDeps,
  actor: Actor,
  items: readonly UpsertItem<CategoryKind['input']>[],
  options?: UpsertOptions,
): Promise<readonly CategoryResult[]> {
  return upsertList(new UpsertEngine(categoryModel, deps, options), actor, items);
}
