import { isFieldName, labels } from './field-names.ts';
import type { FieldChange, UpsertError, UpsertOutcome, UpsertWarning } from './gql/graphql.ts';

const sentences: Record<UpsertOutcome, { readonly done: string; readonly tried: string }> = {
  CREATED: { done: 'Created.', tried: 'All is well: saving will create it.' },
  UPDATED: { done: 'Saved.', tried: 'All is well: saving will change this.' },
  UNCHANGED: { done: 'Nothing changed: it was stored like this already.', tried: 'Saving will change nothing.' },
};

type ChangeProps = Pick<FieldChange, 'field' | 'before' | 'after'>;

/** One changed field of the form; what follows from it elsewhere, such as in the shipping address, is not shown. */
function Change({ field, before, after }: ChangeProps) {
  if (!isFieldName(field)) return null;
  const picture = after === null ? 'removed' : 'another picture';
  return (
    <li>
      {labels[field]}: {field === 'logo' ? picture : `${before ?? 'nothing'} → ${after ?? 'nothing'}`}
    </li>
  );
}

type SuccessProps = {
  readonly outcome: UpsertOutcome;
  readonly changes: readonly ChangeProps[];
  readonly warnings: readonly Pick<UpsertWarning, 'message'>[];
  /** Whether it was only checked, and nothing kept. */
  readonly wasTried: boolean;
};

/** What an upsert did, or would do. */
export function Success({ outcome, changes, warnings, wasTried }: SuccessProps) {
  return (
    <div className="notice good">
      <p>
        <strong>{sentences[outcome][wasTried ? 'tried' : 'done']}</strong>
      </p>
      {outcome === 'UPDATED' && (
        <ul>
          {changes.map((change) => (
            <Change key={change.field} {...change} />
          ))}
        </ul>
      )}
      {warnings.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}

/** Everything wrong that belongs to no field of the form. */
export function Refusal({ errors }: { readonly errors: readonly Pick<UpsertError, 'message'>[] }) {
  if (errors.length === 0) return null;
  return (
    <div className="notice bad">
      {errors.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}

/** Somebody else has saved the customer since it was loaded. */
export function Conflict({ onReload }: { readonly onReload: () => void }) {
  return (
    <div className="notice bad">
      <p>
        <strong>Somebody else has changed this customer in the meantime.</strong> Nothing of yours was saved.
      </p>
      <button type="button" onClick={onReload}>
        Discard mine and reload
      </button>
    </div>
  );
}
