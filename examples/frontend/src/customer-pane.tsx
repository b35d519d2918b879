import { useEffect, useState } from 'react';
import { type OperationResult, useClient } from 'urql';
import { CustomerForm } from './customer-form.tsx';
import { graphql } from './gql/gql.ts';
import type { CustomerPaneQuery } from './gql/graphql.ts';
import { Problem } from './problem.tsx';

const CustomerPaneDocument = graphql(`
  query CustomerPane($reference: String!, $isStored: Boolean!) {
    customer(by: { reference: $reference }) @include(if: $isStored) {
      ...StoredCustomer
    }
    ...Choices
  }

  fragment StoredCustomer on Customer {
    id
    reference
    version
    name
    email
    phone
    billingCity
    billingCountry
    creditLimit
    currency
    onHold
    onHoldReason
    lastUpdated
    customerCategory {
      reference
      name
    }
    customerSegmentation {
      reference
    }
    paymentTypes {
      id
    }
    logo {
      medium
    }
  }

  fragment Choices on Query {
    customerCategories(first: 250, orderBy: [{ field: NAME }]) {
      nodes {
        reference
        name
        isRoot
      }
    }
    customerSegmentations {
      reference
      name
    }
    paymentTypes {
      id
      name
    }
    organization {
      currency
    }
  }
`);

type Props = {
  /** The stored customer to edit; undefined for a new one. */
  readonly reference: string | undefined;
  readonly onReload: () => void;
  readonly onSaved: (reference: string) => void;
};

/** Asks once, and the gateway rather than the cache: the form is about the version that is stored when it opens. */
function useLoaded(reference: string | undefined): Partial<Pick<OperationResult<CustomerPaneQuery>, 'data' | 'error'>> {
  const client = useClient();
  const [result, setResult] = useState<OperationResult<CustomerPaneQuery>>();
  useEffect(() => {
    const variables = { reference: reference ?? '', isStored: reference !== undefined };
    void client.query(CustomerPaneDocument, variables, { requestPolicy: 'network-only' }).toPromise().then(setResult);
  }, [client, reference]);
  return result ?? {};
}

/** The form of one customer, once it is loaded. */
export function CustomerPane({ reference, onReload, onSaved }: Props) {
  const { data, error } = useLoaded(reference);
  return (
    <section className="card" aria-label="Customer">
      {data ? (
        data.customer || reference === undefined ? (
          <CustomerForm initial={data.customer ?? undefined} choices={data} onReload={onReload} onSaved={onSaved} />
        ) : (
          <p role="alert">There is no customer {reference} any more.</p>
        )
      ) : error ? (
        <Problem error={error} onRetry={onReload} />
      ) : (
        <p role="status">Loading…</p>
      )}
    </section>
  );
}
