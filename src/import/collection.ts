import type { Actor } from '../actor.ts';
import type { UpsertError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { normalizeReference } from '../contract/references.ts';
import type { UpsertWarning } from '../contract/warnings.ts';
import { type CategoryKind, categoryModel } from '../services/customer-categories/upsert.ts';
import { type CustomerKind, customerModel } from '../services/customers/upsert.ts';
import type { UpsertDeps } from '../services/deps.ts';
import { ServiceUnavailableError } from '../services/errors.ts';
import { UpsertEngine } from '../services/upsert/engine.ts';
import type { Settled } from '../services/upsert/entry.ts';
import { settleList } from '../services/upsert/list.ts';
import type { Kind, ResultOf, Ties, UpsertModel } from '../services/upsert/model.ts';
import { previewList } from '../services/upsert/preview.ts';
import type { UpsertItem, UpsertOutcome } from '../services/upsert/types.ts';
import { type Columns, createColumns } from './columns.ts';
import type { Draft } from './draft.ts';

/** What became of a row, or in a dry run would become of it: `exists` is told then. `failure` is what the database said. */
export type RowResult =
  | { readonly ok: true; readonly outcome: UpsertOutcome; readonly warnings: readonly UpsertWarning[] }
  | {
      readonly ok: false;
      readonly errors: readonly UpsertError[];
      readonly exists?: boolean;
      readonly failure?: string;
    };

type Send = (deps: UpsertDeps, actor: Actor, drafts: readonly Draft[]) => Promise<readonly RowResult[]>;

/** What ties a row to others of the file: the references it may rest on, and the names it uses. */
export type RowTies = Pick<Ties, 'needs' | 'claims'>;

/** The names of the collections that can be imported: the contract's. */
export const collectionNames = ['customers', 'customerCategories'] as const;
export type CollectionName = (typeof collectionNames)[number];

/** A kind of record that rows can be upserted as. */
export type Collection = {
  readonly columns: Columns;
  readonly upsert: Send;
  readonly preview: Send;
  /** The reference of the row's own record, normalised; `''` where it has none. */
  readonly referenceOf: (draft: Draft) => string;
  /** References the row rests on, and all that it alone may name while it is under way. */
  readonly tiesOf: (draft: Draft) => RowTies;
  /** The input field that names another record of the collection. */
  readonly parentField: string;
};

const patience = limits.imports.patienceMillis;

/** The gateway's own limits end an import, since what comes after would meet them too; anything else is about the row. */
function toRowResult<K extends Kind>(settled: Settled<ResultOf<K>>): RowResult {
  if ('result' in settled) return settled.result;
  const { failure } = settled;
  if (!(failure instanceof Error) || failure instanceof ServiceUnavailableError) throw failure;
  return { ok: false, errors: [], failure: failure.message };
}

function createCollection<K extends Kind>(
  model: UpsertModel<K>,
  toInput: (draft: Draft) => K['input'],
  parentField: string,
): Collection {
  const toItem = (draft: Draft): UpsertItem<K['input']> => {
    return { input: toInput(draft), problems: draft.problems, door: 'import' };
  };
  const normalize = (reference: string) => normalizeReference(reference) ?? '';
  const referenceOf = ({ input }: Draft) => normalize(input.reference);
  return {
    columns: createColumns(model.parameters),
    upsert: async (deps, actor, drafts) => {
      const engine = new UpsertEngine(model, { ...deps, patience }, { withRelated: false });
      const settled = await settleList(engine, actor, drafts.map(toItem));
      return settled.map(toRowResult);
    },
    preview: ({ db }, actor, drafts) => previewList(model, db, actor, drafts.map(toItem)),
    referenceOf,
    tiesOf: (draft) => {
      const { needs, needsIfNew, claims } = model.tiesOf(toInput(draft));
      return { needs: [...needs, ...needsIfNew].map(normalize), claims: [referenceOf(draft), ...claims] };
    },
    parentField,
  };
}

// Each value was read as the kind of its field, by the table that the inputs' types follow.
export const collections: Readonly<Record<CollectionName, Collection>> = {
  customers: createCollection(customerModel, ({ input }) => input as CustomerKind['input'], 'parentCustomer'),
  customerCategories: createCollection(categoryModel, ({ input }) => input as CategoryKind['input'], 'parent'),
};
