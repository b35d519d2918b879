import type { CombinedError } from 'urql';

/** Says why there is no answer, and offers to ask again. An answer without GraphQL in it comes from no gateway. */
export function Problem({ error, onRetry }: { readonly error: CombinedError; readonly onRetry: () => void }) {
  return (
    <div className="notice bad" role="alert">
      {error.networkError ? (
        <p>
          <strong>The gateway does not answer.</strong> Start it with <code>npm start</code> in its folder, then try
          again.
        </p>
      ) : (
        error.graphQLErrors.map(({ message }) => <p key={message}>{message}</p>)
      )}
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
