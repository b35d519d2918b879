import { useEffect, useState } from 'react';

/** What the address asks for: nothing, a form for a new customer, or a stored one. */
export type Route =
  { readonly kind: 'none' } | { readonly kind: 'new' } | { readonly kind: 'customer'; readonly reference: string };

type Visit = {
  /** What the address asked for when it was opened. */
  readonly route: Route;
  /** Counts the visits: a key for what is to start anew with each. */
  readonly number: number;
  /** The reference of the customer on show, which saving gives or changes. */
  readonly shown: string | undefined;
};

const customersPath = '#/customers/';
export const newCustomerHref = '#/new';

/** The address of a stored customer. */
export function customerHref(reference: string): string {
  return customersPath + encodeURIComponent(reference);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readRoute(): Route {
  if (location.hash === newCustomerHref) return { kind: 'new' };
  const reference = location.hash.startsWith(customersPath) ? decode(location.hash.slice(customersPath.length)) : '';
  return reference ? { kind: 'customer', reference } : { kind: 'none' };
}

function openVisit(number: number): Visit {
  const route = readRoute();
  return { route, number, shown: route.kind === 'customer' ? route.reference : undefined };
}

/** Follows the part of the address after `#`. */
export function useRoute() {
  const [visit, setVisit] = useState(() => openVisit(0));
  const reload = () => setVisit(({ number }) => openVisit(number + 1));
  /** Names what is on show in the address, without opening it again. */
  const rename = (reference: string) => {
    history.replaceState(null, '', customerHref(reference));
    setVisit((current) => ({ ...current, shown: reference }));
  };
  useEffect(() => {
    addEventListener('hashchange', reload);
    return () => removeEventListener('hashchange', reload);
  }, []);
  return { visit, reload, rename };
}
