import { CustomerList } from './customer-list.tsx';
import { CustomerPane } from './customer-pane.tsx';
import { newCustomerHref, useRoute } from './use-route.ts';

export function App() {
  const { visit, reload, rename } = useRoute();
  const { route, number, shown } = visit;
  return (
    <>
      <header className="bar">
        <h1>Customers</h1>
        <a className="button primary" href={newCustomerHref}>
          New customer
        </a>
      </header>
      <main className="columns">
        <CustomerList shown={shown} />
        {route.kind === 'none' ? (
          <p className="card empty">Choose a customer from the list, or create one.</p>
        ) : (
          <CustomerPane
            key={number}
            reference={route.kind === 'customer' ? route.reference : undefined}
            onReload={reload}
            onSaved={rename}
          />
        )}
      </main>
    </>
  );
}
