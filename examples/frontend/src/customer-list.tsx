import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from './gql/gql.ts';
import type { CustomerRowFragment, CustomersQuery, CustomersQueryVariables } from './gql/graphql.ts';
import { Problem } from './problem.tsx';
import { customerHref } from './use-route.ts';

const CustomersDocument = graphql(`
  query Customers($name: String, $first: Int, $after: String, $last: Int, $before: String) {
    customers(
      filter: { name: $name }
      orderBy: [{ field: NAME }]
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      totalCount
      pageInfo {
        startCursor
        endCursor
        hasPreviousPage
        hasNextPage
      }
      nodes {
        ...CustomerRow
      }
    }
  }

  fragment CustomerRow on Customer {
    id
    reference
    name
    onHold
    logo {
      small
    }
    customerCategory {
      name
    }
  }
`);

const pageSize = 8;
const firstPage: CustomersQueryVariables = { first: pageSize };

/** All customers whose name contains what is searched for, a page at a time, forwards and back. */
export function CustomerList({ shown }: { readonly shown: string | undefined }) {
  const [name, setName] = useState('');
  const [page, setPage] = useState(firstPage);
  const variables = { ...page, name: name.trim() ? `*${name.trim()}*` : null };
  const [{ data, error, fetching }, ask] = useQuery({ query: CustomersDocument, variables });
  const search = (text: string) => {
    setName(text);
    setPage(firstPage);
  };
  return (
    <section className="card list" aria-label="List of customers" aria-busy={fetching}>
      <label className="search">
        Search by name
        <input type="search" value={name} onChange={(event) => search(event.target.value)} />
      </label>
      {error ? (
        <Problem error={error} onRetry={() => ask({ requestPolicy: 'network-only' })} />
      ) : data ? (
        <>
          <ul>
            {data.customers.nodes.map((customer) => (
              <Row key={customer.id} customer={customer} isShown={customer.reference === shown} />
            ))}
          </ul>
          <Pager {...data.customers} onTurn={setPage} />
        </>
      ) : (
        <p role="status">Loading…</p>
      )}
    </section>
  );
}

function Row({ customer, isShown }: { readonly customer: CustomerRowFragment; readonly isShown: boolean }) {
  const { reference, name, onHold, logo, customerCategory } = customer;
  return (
    <li>
      <a href={customerHref(reference)} aria-current={isShown ? 'true' : undefined}>
        <span className="thumbnail">
          {logo ? <img src={logo.small} alt="" /> : <span aria-hidden="true">{name.slice(0, 1)}</span>}
        </span>
        <span className="who">
          <strong>{name}</strong>
          <small>
            {reference} · {customerCategory.name}
          </small>
        </span>
        {onHold && <span className="badge">on hold</span>}
      </a>
    </li>
  );
}

type PagerProps = Pick<CustomersQuery['customers'], 'totalCount' | 'pageInfo'> & {
  readonly onTurn: (page: CustomersQueryVariables) => void;
};

function Pager({ totalCount, pageInfo, onTurn }: PagerProps) {
  const { startCursor, endCursor, hasPreviousPage, hasNextPage } = pageInfo;
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" disabled={!hasPreviousPage} onClick={() => onTurn({ last: pageSize, before: startCursor })}>
        Previous
      </button>
      <span role="status">{totalCount === 1 ? '1 customer' : `${totalCount} customers`}</span>
      <button type="button" disabled={!hasNextPage} onClick={() => onTurn({ first: pageSize, after: endCursor })}>
        Next
      </button>
    </nav>
  );
}
